import { z } from 'zod';
import { listOf } from './bounded.ts';
import { loadFields } from './load-fields.ts';
import { mediaProblem } from './media-text.ts';
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

/** Entries of `images`, and files in one of them: far above real use. */
const MAX_IMAGES = 1000;

/** A picture or sound in base64, or a list of them: those of one input. */
type ImagesEntry = string | readonly string[];

const imagesEntry = z
  .custom<ImagesEntry>()
  .superRefine((entry: unknown, context) => {
    const files: unknown = typeof entry === 'string' ? [entry] : entry;
    if (!isTexts(files) || files.length > MAX_IMAGES) {
      context.addIssue({
        code: 'custom',
        message: 'must be base64, or a list of at most 1000 files in base64',
      });
      return;
    }
    for (const [index, file] of files.entries()) {
      const message = mediaProblem(file);
      if (message === undefined) continue;
      const path = typeof entry === 'string' ? [] : [index];
      context.addIssue({ code: 'invalid_format', format: 'base64', input: '', message, path });
      return;
    }
  })
  .meta({ type: ['string', 'array'], items: { type: 'string' } });

/** POST /api/embed */
export const embedRequestSchema = requestObject({
  ...loadFields,
  /** A string or a list of strings. */
  input: inputSchema.exactOptional(),
  /** Pictures and sounds in base64: all of one input, or an entry for each of several. */
  images: listOf(imagesEntry, MAX_IMAGES).exactOptional(),
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
