import { z } from 'zod';
import { type ChunkFields, contextSchema, imagesSchema, type ToolCall } from './common.ts';
import { requestObject } from './request-object.ts';
import { runFields } from './run-fields.ts';

/** POST /api/generate */
export const generateRequestSchema = requestObject({
  ...runFields,
  prompt: z.string().exactOptional(),
  suffix: z.string().exactOptional(),
  system: z.string().exactOptional(),
  template: z.string().exactOptional(),
  /** The token IDs that an earlier reply returned as `context`. */
  context: contextSchema.exactOptional(),
  raw: z.boolean().exactOptional(),
  images: imagesSchema.exactOptional(),
});

export type GenerateRequest = z.infer<typeof generateRequestSchema>;

export interface GenerateResponse extends ChunkFields {
  response: string;
  thinking?: string;
  /** On the last chunk: token IDs of the prompt and the completion. */
  context?: number[];
  tool_calls?: ToolCall[];
}
