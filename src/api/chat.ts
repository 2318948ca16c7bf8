import { z } from 'zod';
import { type ChunkFields, type Message, messagesSchema, toolsSchema } from './common.ts';
import { requestObject } from './request-object.ts';
import { runFields } from './run-fields.ts';
import { toolChoiceSchema } from './tool-choice.ts';

/** POST /api/chat */
export const chatRequestSchema = requestObject({
  ...runFields,
  messages: messagesSchema.exactOptional(),
  tools: toolsSchema.exactOptional(),
  /** An extension; default "auto". */
  tool_choice: toolChoiceSchema.exactOptional(),
  /** An extension; default true. False allows at most one tool call. */
  parallel_tool_calls: z.boolean().exactOptional(),
});

export type ChatRequest = z.infer<typeof chatRequestSchema>;

export interface ChatResponse extends ChunkFields {
  message: Message;
}
