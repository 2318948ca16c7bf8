import { z } from 'zod';
import { listOf } from './bounded.ts';
import { requestObject } from './request-object.ts';

/** Far more types than there are. */
const MAX_TYPES = 100;

/** Tokens per second; only the ratios count. */
const rate = z.number().positive().max(1e9);

/** POST /api/type-speeds (not in Ollama's API) */
export const typeSpeedsRequestSchema = requestObject({
  /** Model whose weights were converted for the measurement. */
  model: z.string().exactOptional(),
  types: listOf(requestObject({ type: z.string(), decode: rate, prefill: rate }), MAX_TYPES).exactOptional(),
});

export type TypeSpeedsRequest = z.infer<typeof typeSpeedsRequestSchema>;

/** Says that a type is slow on the server's processor, in `/api/show` and `/api/estimate`. */
export interface SlowTypeNote {
  /** The type of the model, for example "Q4_1". */
  type: string;
  /** A type that is faster here, and not coarser. */
  faster: string;
  /** How much faster it decodes and computes prompts (2 = twice as fast); absent where nobody has measured. */
  decode_gain?: number;
  prefill_gain?: number;
  /** `measured` by `ollama bench --types` on this machine, or `known` from such processors. */
  source: 'measured' | 'known';
  /** The same as a sentence. */
  advice: string;
}
