import type { JsonObject } from '../chats/chat-message.ts';

export type { JsonObject } from '../chats/chat-message.ts';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
