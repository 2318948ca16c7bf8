/**
 * The routes /v1/files and /v1/batches: files of requests, and work on them while nobody waits
 * (https://platform.openai.com/docs/api-reference/batch).
 */
import { z } from 'zod';
import { recordOf } from './bounded.ts';
import { requestObject } from './request-object.ts';

/** What a batch may ask for: every line of one batch goes to the same path. */
export const batchEndpoints = [
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/messages',
  '/v1/rerank',
  '/api/generate',
  '/api/chat',
  '/api/embed',
] as const;

export type BatchEndpoint = (typeof batchEndpoints)[number];

export const batchStatuses = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const;

export type BatchStatus = (typeof batchStatuses)[number];

/** OpenAI's own bounds of `metadata`. */
const MAX_METADATA = 16;
const MAX_METADATA_CHARACTERS = 512;
/** An ID has 29 characters. */
const MAX_ID_CHARACTERS = 64;
const HOUR_S = 3600;
const DAYS_S = 24 * HOUR_S;
/** OpenAI's own bounds: an hour, and 30 days. */
const MIN_EXPIRY_S = HOUR_S;
const MAX_EXPIRY_S = 30 * DAYS_S;
/** A batch that is not done after a week was forgotten. */
const MAX_WINDOW_HOURS = 168;

/** When a file is removed by itself. */
const expirySchema = requestObject({
  anchor: z.literal('created_at'),
  /** Seconds. */
  seconds: z.int().min(MIN_EXPIRY_S).max(MAX_EXPIRY_S),
});

/** The fields of an upload, which come as texts; the bracketed names are those of OpenAI's clients. */
export const uploadFileSchema = requestObject({
  purpose: z.literal('batch', { error: 'field "purpose" must be "batch": other files are sent in requests' }),
  'expires_after[anchor]': z.literal('created_at').exactOptional(),
  'expires_after[seconds]': z.coerce.number().int().min(MIN_EXPIRY_S).max(MAX_EXPIRY_S).exactOptional(),
});

export const createBatchSchema = requestObject({
  input_file_id: z.string().min(1).max(MAX_ID_CHARACTERS),
  endpoint: z.enum(batchEndpoints, { error: `must be one of ${batchEndpoints.join(', ')}` }),
  /** Hours or days, such as "24h" or "7d". */
  completion_window: z
    .string()
    .regex(/^[1-9]\d{0,2}[hd]$/, 'must be hours or days, such as "24h"')
    .refine((text) => windowHours(text) <= MAX_WINDOW_HOURS, `must be at most ${MAX_WINDOW_HOURS}h`)
    .default('24h'),
  metadata: recordOf(z.string().max(MAX_METADATA_CHARACTERS), MAX_METADATA).exactOptional(),
  output_expires_after: expirySchema.exactOptional(),
});

export type CreateBatchRequest = z.output<typeof createBatchSchema>;

function windowHours(text: string): number {
  return Number.parseInt(text, 10) * (text.endsWith('d') ? 24 : 1);
}

/** @returns milliseconds of a completion window, such as "24h" */
export function windowMs(text: string): number {
  return windowHours(text) * HOUR_S * 1000;
}

/** What is wrong with a line of the input. */
export interface BatchProblem {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** From 1. */
  readonly line: number | null;
}

export interface FileObject {
  readonly id: string;
  readonly object: 'file';
  readonly bytes: number;
  /** Seconds since the epoch, as all times here. */
  readonly created_at: number;
  readonly expires_at: number;
  readonly filename: string;
  readonly purpose: 'batch' | 'batch_output';
  readonly status: 'processed';
}

export interface DeletedFile {
  readonly id: string;
  readonly object: 'file';
  readonly deleted: true;
}

export interface BatchObject {
  readonly id: string;
  readonly object: 'batch';
  readonly endpoint: BatchEndpoint;
  readonly errors: { readonly object: 'list'; readonly data: readonly BatchProblem[] } | null;
  readonly input_file_id: string;
  readonly completion_window: string;
  readonly status: BatchStatus;
  readonly output_file_id: string | null;
  readonly error_file_id: string | null;
  readonly created_at: number;
  readonly in_progress_at: number | null;
  readonly expires_at: number;
  readonly finalizing_at: number | null;
  readonly completed_at: number | null;
  readonly failed_at: number | null;
  readonly expired_at: number | null;
  readonly cancelling_at: number | null;
  readonly cancelled_at: number | null;
  readonly request_counts: { readonly total: number; readonly completed: number; readonly failed: number };
  readonly metadata: Readonly<Record<string, string>> | null;
}

/** A page of a list, the newest first unless asked otherwise. */
export interface ObjectList<Item> {
  readonly object: 'list';
  readonly data: readonly Item[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}
