import { z } from 'zod';
import { optionsSchema } from './options/options.ts';
import { requestObject } from './request-object.ts';
import type { SlowTypeNote } from './type-speeds.ts';

/** Maximum number of sequences in one engine context. */
const MAX_SLOTS = 256;

/** POST /api/estimate (not in Ollama's API) */
export const estimateRequestSchema = requestObject({
  model: z.string().exactOptional(),
  options: optionsSchema.exactOptional(),
  /** Number of concurrent requests; when absent, the number that the server would choose. */
  slots: z.int().min(1).max(MAX_SLOTS).exactOptional(),
});

export type EstimateRequest = z.infer<typeof estimateRequestSchema>;

export interface EstimateResponse {
  model: string;
  /** Context length of one slot, in tokens. */
  num_ctx: number;
  slots: number;
  memory: EstimatedMemory;
  /** Bytes available to further models, in addition to those already loaded. */
  available: number;
  fits: boolean;
  /** Present if the type of the weights is slow on the server's processor. */
  speed?: SlowTypeNote;
}

/** All values are in bytes. */
interface EstimatedMemory {
  weights: number;
  /** Keys and values of attention layers and the states of recurrent layers. */
  kv_cache: number;
  /** Buffers for intermediate and final results. */
  compute: number;
  adapters: number;
  /** The encoder of pictures or sound; absent = the model has none. */
  projector?: number;
  /** The draft model; absent = the model has none, or there is no memory for it. */
  draft?: number;
  /** The runner process itself. */
  process: number;
  total: number;
}
