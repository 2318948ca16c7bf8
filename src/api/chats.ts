/** The routes under /api/chats (not in Ollama's API): the chats of web pages, which a server keeps if it is told to. */
import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';
import { jsonObjectSchema, listOf } from './bounded.ts';
import { requestObject } from './request-object.ts';

/** A page that has been offline for a day sends fewer, and a longer history arrives in several requests. */
const MAX_ENTRIES_PER_REQUEST = 1000;
/** Far longer than a page can show in one line. */
const MAX_TITLE_LENGTH = 500;

/** A time with nanoseconds and an offset has 35 characters. */
const MAX_TIME_LENGTH = 40;

/** UUIDs, and whatever other programs use instead. */
const idPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** Such an ID is part of a file name, and some file systems do not tell the cases of letters apart. */
const chatIdPattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;

const idSchema = z.string().regex(idPattern, 'must be 1 to 64 letters, digits, dashes or underscores');

/** Whether a text can be the ID of a chat: 1 to 64 lower-case letters, digits, dashes or underscores. */
export function isChatId(text: string): boolean {
  return chatIdPattern.test(text);
}

const entryHead = {
  /** Unique in its chat: an entry that arrives again is ignored. */
  id: idSchema,
  at: z.iso
    .datetime({ offset: true, error: 'must be a time such as "2030-01-31T12:00:00Z"' })
    .max(MAX_TIME_LENGTH),
};

const messageSchema = jsonObjectSchema.superRefine((message: JsonObject | undefined, context) => {
  // What is no object, or absent, was refused already.
  if (message === undefined || !isJsonObject(message)) return;
  if (typeof message.id === 'string' && idPattern.test(message.id)) return;
  context.addIssue({
    code: 'invalid_format',
    format: 'regex',
    input: '',
    message: 'must have a member "id" of 1 to 64 letters, digits, dashes or underscores',
  });
});

const chatEntrySchema = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('title'), ...entryHead, title: z.string().max(MAX_TITLE_LENGTH) }),
    /** The model, options and the like of the chat. */
    z.object({ type: z.literal('settings'), ...entryHead, settings: jsonObjectSchema }),
    /** A later entry whose message has the same ID replaces the earlier one. */
    z.object({ type: z.literal('message'), ...entryHead, message: messageSchema }),
    /** Removes the message with this ID and all below it. */
    z.object({ type: z.literal('remove'), ...entryHead, message: idSchema }),
  ],
  { error: 'must have the "type" title, settings, message or remove' },
);

/** One entry of a chat, which is a list that only grows; its state follows from all of them in their order. */
export type ChatEntry = z.output<typeof chatEntrySchema>;

/** POST /api/chats/:id */
export const appendEntriesRequestSchema = requestObject({
  entries: listOf(chatEntrySchema, MAX_ENTRIES_PER_REQUEST),
});

export interface AppendEntriesResponse {
  /** Number of entries that the chat has now. */
  entries: number;
}

export interface ChatSummary {
  id: string;
  /** "" while it has none. */
  title: string;
  /** RFC 3339: the times of the first and the last entry. */
  created_at: string;
  updated_at: string;
  /** Number of entries. */
  entries: number;
  /** Bytes. */
  size: number;
}

/** GET /api/chats */
export interface ChatsResponse {
  /** The one with the latest entry first. */
  chats: ChatSummary[];
}

/** GET /api/chats/:id */
export interface ChatEntriesResponse {
  id: string;
  /** In the order in which the server received them, from number `after` on. */
  entries: ChatEntry[];
  /** The number to pass as `after` to go on. There is nothing more for now when no entry came. */
  next: number;
}

/** DELETE /api/chats/:id */
export interface DeletedChatResponse {
  id: string;
  deleted: true;
}
