import { z } from 'zod';
import { loadFields } from './load-fields.ts';
import { requestObject } from './request-object.ts';

/** "" and nothing at all mean no input, [""] means an empty one. */
const inputSchema = z
  .custom<unknown>()
  .superRefine((value, context) => {
    if (typeof value === 'string' || isTexts(value)) return;
    context.addIssue({ code: 'custom', message: 'invalid input type' });
  })
  .transform((value): readonly string[] => {
    if (isTexts(value)) return value;
    return typeof value === 'string' && value !== '' ? [value] : [];
  })
  .meta({ type: ['string', 'array'], items: { type: 'string' } });

/** POST /api/embed */
export const embedRequestSchema = requestObject({
  ...loadFields,
  /** A text or a list of texts. */
  input: inputSchema.exactOptional(),
  /** Default true: the end of an input over the context length is left out, false: refused. */
  truncate: z.boolean().exactOptional(),
  /** Numbers of each vector to keep; 0 or more than there are = all. */
  dimensions: z.int().exactOptional(),
});

export type EmbedRequest = z.infer<typeof embedRequestSchema>;

/** Durations in nanoseconds; absent when nothing was computed. */
export interface EmbedTimes {
  total_duration?: number;
  load_duration?: number;
  prompt_eval_count?: number;
}

export interface EmbedResponse extends EmbedTimes {
  model: string;
  /** One vector of length 1 per input, in their order. */
  embeddings: number[][];
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
