import { z } from 'zod';
import { optionsSchema } from './options/options.ts';
import { requestObject } from './request-object.ts';

/** Sequences that one context of the engine may have. */
const MAX_SLOTS = 256;

/** POST /api/estimate (not in Ollama's API) */
export const estimateRequestSchema = requestObject({
  model: z.string().exactOptional(),
  options: optionsSchema.exactOptional(),
  /** Requests at the same time; absent = as many as the server would choose. */
  slots: z.int().min(1).max(MAX_SLOTS).exactOptional(),
});

export type EstimateRequest = z.infer<typeof estimateRequestSchema>;

export interface EstimateResponse {
  model: string;
  /** Tokens of one slot. */
  num_ctx: number;
  slots: number;
  /** Bytes. */
  memory: EstimatedMemory;
  /** Bytes that models may take now, beside those that are loaded. */
  available: number;
  fits: boolean;
}

interface EstimatedMemory {
  weights: number;
  /** Keys and values, and the states of recurrent layers. */
  kv_cache: number;
  /** Buffers for what is computed and for its results. */
  compute: number;
  adapters: number;
  /** The process around the model. */
  process: number;
  total: number;
}
