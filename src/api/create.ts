import { z } from 'zod';
import { jsonObjectSchema, listOf, recordOf } from './bounded.ts';
import { messagesSchema } from './common.ts';
import { optionsSchema } from './options/options.ts';
import { requestObject } from './request-object.ts';

/** Files or licences of one model; a model split into more than a thousand parts is unheard of. */
const MAX_FILES = 10_000;

/** Maps file names to blob digests. */
const filesSchema = recordOf(z.string(), MAX_FILES);

/** POST /api/create */
export const createRequestSchema = requestObject({
  model: z.string().exactOptional(),
  name: z.string().exactOptional(),
  /** Default true. */
  stream: z.boolean().exactOptional(),
  from: z.string().exactOptional(),
  files: filesSchema.exactOptional(),
  adapters: filesSchema.exactOptional(),
  draft_files: filesSchema.exactOptional(),
  quantize: z.string().exactOptional(),
  /** Also convert weights that are quantized already, which loses quality (not in Ollama's API). */
  requantize: z.boolean().exactOptional(),
  /** Older spelling of `quantize`. */
  quantization: z.string().exactOptional(),
  draft_quantize: z.string().exactOptional(),
  template: z.string().exactOptional(),
  system: z.string().exactOptional(),
  license: z.union([z.string(), listOf(z.string(), MAX_FILES)]).exactOptional(),
  parameters: optionsSchema.exactOptional(),
  messages: messagesSchema.exactOptional(),
  renderer: z.string().exactOptional(),
  parser: z.string().exactOptional(),
  requires: z.string().exactOptional(),
  remote_host: z.string().exactOptional(),
  info: jsonObjectSchema.exactOptional(),
});

export type CreateRequest = z.infer<typeof createRequestSchema>;
