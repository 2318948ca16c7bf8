import type { z } from 'zod';
import { type ChunkFields, type Message, messagesSchema, toolsSchema } from './common.ts';
import { requestObject } from './request-object.ts';
import { runFields } from './run-fields.ts';

/** POST /api/chat */
export const chatRequestSchema = requestObject({
  ...runFields,
  messages: messagesSchema.exactOptional(),
  tools: toolsSchema.exactOptional(),
});

export type ChatRequest = z.infer<typeof chatRequestSchema>;

export interface ChatResponse extends ChunkFields {
  message: Message;
}
