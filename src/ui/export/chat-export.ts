/** A chat as it is written to files. */
import type { ChatEntry } from '../../api/chats.ts';
import type { ChatFold } from '../chats/chat-fold.ts';
import type { ChatMessage, ChatSettings } from '../chats/chat-message.ts';

/** The form of our own files. A later form gets another number. */
export const FILE_VERSION = 1;

/** What all writers of files need. */
export interface ExportedChat {
  readonly id: string;
  readonly title: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly settings: ChatSettings;
  /** All messages that were not removed, parents before children. */
  readonly messages: readonly ChatMessage[];
  /** The shown messages from the first to the last. */
  readonly path: readonly ChatMessage[];
  /** The entries that make exactly this chat again. */
  readonly entries: readonly ChatEntry[];
}

interface ChatSource {
  readonly id: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly chosen?: readonly (readonly [string | null, string])[];
}

/** @param fold must have all entries applied that `entries` lists */
export function exportedChat(
  source: ChatSource,
  fold: ChatFold,
  entries: readonly ChatEntry[],
): ExportedChat {
  const messages = remaining(fold);
  const path = fold.path(new Map(source.chosen ?? [])).flatMap((id) => fold.messages.get(id) ?? []);
  const { id, created_at, updated_at } = source;
  const { title, settings } = fold;
  return { id, created_at, updated_at, title, settings, messages, path, entries: lasting(entries, messages) };
}

function remaining(fold: ChatFold): ChatMessage[] {
  const found: ChatMessage[] = [];
  const seen = new Set<string>();
  const open = [...fold.children(null)].reverse();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const message = fold.messages.get(id);
    if (!message || seen.has(id)) continue;
    seen.add(id);
    found.push(message);
    open.push(...[...fold.children(id)].reverse());
  }
  return found;
}

/** The entries whose effect lasts: the last title, the last settings, and the last state of each remaining message. */
function lasting(entries: readonly ChatEntry[], messages: readonly ChatMessage[]): ChatEntry[] {
  const ids = new Set(messages.map(({ id }) => id));
  const last = new Map<string, ChatEntry>();
  for (const entry of entries) {
    if (entry.type === 'remove') continue;
    const id = entry.type === 'message' ? String(entry.message.id) : '';
    if (entry.type === 'message' && !ids.has(id)) continue;
    const subject = `${entry.type} ${id}`;
    const known = last.get(subject);
    if (!known || isLater(entry, known)) last.set(subject, entry);
  }
  return [...last.values()].sort((one, other) => (isLater(one, other) ? 1 : -1));
}

function isLater(one: ChatEntry, other: ChatEntry): boolean {
  const [a, b] = [Date.parse(one.at) || 0, Date.parse(other.at) || 0];
  return a === b ? one.id > other.id : a > b;
}

/** Chats as lines of JSON: for each one a head, and then its entries. */
export function jsonLines(chats: readonly ExportedChat[]): string {
  const lines = chats.flatMap(({ id, title, created_at, updated_at, entries }) => [
    { type: 'chat', version: FILE_VERSION, id, title, created_at, updated_at },
    ...entries,
  ]);
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The words that a Markdown file needs. */
export interface MarkdownWords {
  readonly untitled: string;
  readonly you: string;
  readonly assistant: string;
  readonly system: string;
  readonly thinking: string;
  readonly toolCall: string;
  readonly resultOf: (tool: string) => string;
  readonly attached: string;
}

/** The shown branch of a chat as a document. */
export function markdown(chat: ExportedChat, words: MarkdownWords): string {
  const { title, settings, path } = chat;
  const { system } = settings;
  const parts = [
    `# ${oneLine(title) || words.untitled}`,
    ...(system ? [`## ${words.system}`, system] : []),
    ...path.flatMap((message) => markdownOf(message, words)),
  ];
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}

function markdownOf(message: ChatMessage, words: MarkdownWords): string[] {
  const { content, thinking, attachments = [], tool_calls = [] } = message;
  const files = attachments.map(({ name, text }) => {
    const line = `${words.attached}: ${oneLine(name)}`;
    return text === undefined ? line : `${line}\n\n${fenced(text, '')}`;
  });
  const calls = tool_calls.map(
    ({ function: { name, arguments: given } }) =>
      `${words.toolCall}: ${name}\n\n${fenced(typeof given === 'string' ? given : JSON.stringify(given, null, 2), 'json')}`,
  );
  return [
    `## ${headOf(message, words)}`,
    ...files,
    ...(thinking ? [quoted(`${words.thinking}\n\n${thinking}`)] : []),
    ...(content === '' ? [] : [content]),
    ...calls,
  ];
}

function headOf({ role, model, tool_name: tool }: ChatMessage, words: MarkdownWords): string {
  switch (role) {
    case 'user':
      return words.you;
    case 'assistant':
      return oneLine(model ?? words.assistant);
    case 'tool':
      return words.resultOf(oneLine(tool ?? ''));
    case 'system':
      return words.system;
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n');
}

function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`{3,}/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}
