import { z } from 'zod';
import { messagesSchema } from './common.ts';
import { optionsSchema } from './options/options.ts';
import { requestObject } from './request-object.ts';

/** Maps file names to blob digests. */
const filesSchema = z.record(z.string(), z.string());

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
  /** Older spelling of `quantize`. */
  quantization: z.string().exactOptional(),
  draft_quantize: z.string().exactOptional(),
  template: z.string().exactOptional(),
  system: z.string().exactOptional(),
  license: z.union([z.string(), z.array(z.string())]).exactOptional(),
  parameters: optionsSchema.exactOptional(),
  messages: messagesSchema.exactOptional(),
  renderer: z.string().exactOptional(),
  parser: z.string().exactOptional(),
  requires: z.string().exactOptional(),
  remote_host: z.string().exactOptional(),
  info: z.record(z.string(), z.unknown()).exactOptional(),
});

export type CreateRequest = z.infer<typeof createRequestSchema>;
