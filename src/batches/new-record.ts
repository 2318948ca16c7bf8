import { type CreateBatchRequest, windowMs } from '../api/batches.ts';
import type { BatchRecord } from './batch-record.ts';
import { newBatchId } from './ids.ts';
import { FILE_LIFE_S } from './limits.ts';

const SECOND_MS = 1000;

/** What a new batch is. @param date milliseconds since the epoch */
export function newRecord(request: CreateBatchRequest, date: number): BatchRecord {
  const created = Math.floor(date / SECOND_MS);
  return {
    id: newBatchId(),
    endpoint: request.endpoint,
    errors: null,
    input_file_id: request.input_file_id,
    completion_window: request.completion_window,
    status: 'validating',
    output_file_id: null,
    error_file_id: null,
    created_at: created,
    in_progress_at: null,
    expires_at: created + windowMs(request.completion_window) / SECOND_MS,
    finalizing_at: null,
    completed_at: null,
    failed_at: null,
    expired_at: null,
    cancelling_at: null,
    cancelled_at: null,
    request_counts: { total: 0, completed: 0, failed: 0 },
    metadata: request.metadata ?? null,
    output_life: request.output_expires_after?.seconds ?? FILE_LIFE_S,
  };
}
