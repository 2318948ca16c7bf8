import {
  count,
  flag,
  type JsonSchema,
  listOf,
  number,
  object,
  reference,
  text,
  time,
} from './schema-parts.ts';

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
  AnswerNowResponse: object({
    id: text,
    ended: { ...flag, description: 'False where the answer had begun already' },
  }),
  ConfigResponse: object(
    {
      file: { ...text, description: 'Path of the config file' },
      settings: listOf(
        object({
          name: { ...text, description: 'The environment variable' },
          value: { anyOf: [text, number, flag, listOf(text)] },
          text: { ...text, description: 'The value as people read it' },
          source: { enum: ['default', 'environment', 'file'] },
          live: {
            ...flag,
            description: 'Whether a change of the config file takes effect without a restart',
          },
          help: { ...text, description: 'What the setting is' },
        }),
      ),
    },
    ['file'],
  ),
  LogsResponse: object({
    lines: listOf(
      object(
        {
          time: { ...time, description: 'When the line was written' },
          level: { enum: ['debug', 'info', 'warn', 'error'] },
          message: text,
          fields: { type: 'object' },
        },
        ['fields'],
      ),
    ),
  }),
  DeletedChatResponse: object({ id: text, deleted: { const: true } }),
};
