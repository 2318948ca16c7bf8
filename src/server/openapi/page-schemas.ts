import { count, type JsonSchema, listOf, object, reference, text, time } from './schema-parts.ts';

const entryHead = { id: text, at: { ...time, description: 'When the entry was made' } };
const entryOf = (type: string, member: Readonly<Record<string, JsonSchema>>) =>
  object({ type: { const: type }, ...entryHead, ...member });

/** The schemas of replies for our own web page. */
export const pageSchemas: Readonly<Record<string, JsonSchema>> = {
  ChatSummary: object({
    id: text,
    title: { ...text, description: 'The title of the latest entry that has one' },
    created_at: { ...time, description: 'Time of the earliest entry' },
    updated_at: { ...time, description: 'Time of the latest entry' },
    entries: { ...count, description: 'Number of entries' },
    size: count,
  }),
  ChatsResponse: object({ chats: listOf(reference('ChatSummary')) }),
  ChatEntry: {
    oneOf: [
      entryOf('title', { title: text }),
      entryOf('settings', { settings: { type: 'object' } }),
      entryOf('message', { message: { type: 'object' } }),
      entryOf('remove', { message: text }),
    ],
  },
  ChatEntriesResponse: object({
    id: text,
    entries: listOf(reference('ChatEntry')),
    next: { ...count, description: 'To be sent as `?after` for what follows' },
  }),
  AppendEntriesResponse: object({
    entries: { ...count, description: 'Number of entries that the chat has now' },
  }),
  DeletedChatResponse: object({ id: text, deleted: { const: true } }),
};
