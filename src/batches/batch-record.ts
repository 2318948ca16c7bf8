/** What is kept of a batch: what the API shows, and what a server needs to go on with it. */
import { z } from 'zod';
import { type BatchObject, batchEndpoints, batchStatuses } from '../api/batches.ts';
import { isBatchId, isFileId } from './ids.ts';

const time = z.number().int().nullable();

const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  param: z.string().nullable(),
  line: z.number().int().nullable(),
});

/** The content of a batch's file, which other programs may have changed. */
export const batchRecordSchema = z.object({
  id: z.string().refine(isBatchId),
  endpoint: z.enum(batchEndpoints),
  errors: z.object({ object: z.literal('list'), data: z.array(problemSchema) }).nullable(),
  input_file_id: z.string().refine(isFileId),
  completion_window: z.string(),
  status: z.enum(batchStatuses),
  output_file_id: z.string().refine(isFileId).nullable(),
  error_file_id: z.string().refine(isFileId).nullable(),
  created_at: z.number().int(),
  in_progress_at: time,
  expires_at: z.number().int(),
  finalizing_at: time,
  completed_at: time,
  failed_at: time,
  expired_at: time,
  cancelling_at: time,
  cancelled_at: time,
  request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
  metadata: z.record(z.string(), z.string()).nullable(),
  /** Seconds for which the outputs are kept. */
  output_life: z.number().int().positive(),
  /** What it becomes when its files are made; absent = `completed`. */
  end: z.enum(['completed', 'expired']).optional(),
});

export type BatchRecord = z.output<typeof batchRecordSchema>;

/** What the API shows. */
export function batchObject({ output_life: _life, end: _end, ...shown }: BatchRecord): BatchObject {
  return { ...shown, object: 'batch' };
}

const ended: readonly string[] = ['failed', 'completed', 'expired', 'cancelled'];

export function isEnded({ status }: Pick<BatchRecord, 'status'>): boolean {
  return ended.includes(status);
}
