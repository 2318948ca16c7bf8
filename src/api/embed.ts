import { z } from 'zod';
import { loadFields } from './load-fields.ts';
import { requestObject } from './request-object.ts';

/** "" or an absent field means no input; [""] means one empty input. */
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
  /** A string or a list of strings. */
  input: inputSchema.exactOptional(),
  /** Default true: an input longer than the context length is cut at its end. False: such an input is refused. */
  truncate: z.boolean().exactOptional(),
  /** Truncates vectors to this many numbers; 0, or more than a vector has, keeps all of them. */
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
  /** One unit-length vector per input, in the order of the inputs. */
  embeddings: number[][];
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
