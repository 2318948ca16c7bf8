/** Chats from files: our own lines of JSON, and the examples of OpenAI's fine-tuning. All of it comes from outside. */
import type { ChatEntry } from '../../api/chats.ts';
import { readSettings } from '../chat-settings/chat-settings.ts';
import { isObject, type JsonObject } from '../chat-settings/json-value.ts';
import { FILE_VERSION } from './chat-export.ts';
import { exampleEntries } from './example-import.ts';
import { readMessage } from './read-message.ts';

/** What the browser reads at once, as text. */
export const MAX_FILE_BYTES = 256 * 1000 * 1000;
/** One line: a message with its attachments. */
const MAX_LINE_CHARACTERS = 64 * 1000 * 1000;
export const MAX_CHATS = 10_000;
/** Ten times the longest chat that the page was made for. */
const MAX_ENTRIES = 100_000;
const MAX_TITLE_CHARACTERS = 500;
/** Values in values: far more than arguments of tools and schemas have. */
const MAX_DEPTH = 200;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
/** Brackets and braces. */
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]);

type ImportProblem =
  | 'empty'
  | 'notJson'
  | 'lineTooLong'
  | 'tooManyChats'
  | 'tooManyEntries'
  | 'unknownLine'
  | 'noChat'
  | 'version'
  | 'entry'
  | 'example';

/** A problem and the line that has it, from 1. */
export interface ImportFault {
  readonly problem: ImportProblem;
  readonly line: number;
}

export interface ImportedChat {
  readonly id: string;
  readonly title: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly entries: readonly ChatEntry[];
}

interface OpenChat {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  entries: ChatEntry[];
}

/** What makes IDs and the time, so that tests know them. */
export interface ImportEffects {
  readonly newId: () => string;
  readonly now: () => string;
}

const idPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * Reads a file line by line. Nothing is taken from a file with a problem, so that nobody has half of it.
 * It is a generator, so that a long file can be read in slices: it yields the number of each line.
 */
export function* readChatFile(
  text: string,
  effects: ImportEffects,
): Generator<number, readonly ImportedChat[] | ImportFault> {
  const chats: OpenChat[] = [];
  let number = 0;
  for (const line of linesOf(text)) {
    number += 1;
    if (line.trim() === '') continue;
    const problem = readLine(line, chats, effects);
    if (problem) return { problem, line: number };
    yield number;
  }
  return chats.length === 0 ? { problem: 'empty', line: 1 } : chats;
}

function* linesOf(text: string): Generator<string> {
  const from = text.startsWith('\ufeff') ? 1 : 0;
  for (let start = from; start <= text.length; ) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length + 1 : end + 1;
  }
}

function readLine(line: string, chats: OpenChat[], effects: ImportEffects): ImportProblem | undefined {
  if (line.length > MAX_LINE_CHARACTERS) return 'lineTooLong';
  if (isTooDeep(line)) return 'notJson';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'notJson';
  }
  if (!isObject(value)) return 'unknownLine';
  if (value.type === 'chat') return beginChat(value, chats, effects);
  if (Array.isArray(value.messages)) return addExample(value, chats, effects);
  const chat = chats.at(-1);
  if (!chat) return typeof value.type === 'string' ? 'noChat' : 'unknownLine';
  if (chat.entries.length >= MAX_ENTRIES) return 'tooManyEntries';
  const entry = readEntry(value, effects.now());
  if (!entry) return 'entry';
  chat.entries.push(entry);
  return undefined;
}

/** Whether values lie too deeply in others for what writes them again. */
function isTooDeep(line: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if (isText && code === BACKSLASH) at += 1;
    else if (code === QUOTE) isText = !isText;
    else if (!isText && opening.has(code)) depth += 1;
    else if (!isText && closing.has(code)) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

function beginChat(
  value: JsonObject,
  chats: OpenChat[],
  { newId, now }: ImportEffects,
): ImportProblem | undefined {
  if (value.version !== FILE_VERSION) return 'version';
  if (chats.length >= MAX_CHATS) return 'tooManyChats';
  const { id, title, created_at, updated_at } = value;
  const time = now();
  chats.push({
    // IDs of chats have small letters: they name files of the server.
    id: typeof id === 'string' && idPattern.test(id) ? id.toLowerCase() : newId(),
    title: textOf(title),
    created_at: isTime(created_at) ? notLater(created_at, time) : time,
    updated_at: isTime(updated_at) ? notLater(updated_at, time) : time,
    entries: [],
  });
  return undefined;
}

function addExample(value: JsonObject, chats: OpenChat[], effects: ImportEffects): ImportProblem | undefined {
  if (chats.length >= MAX_CHATS) return 'tooManyChats';
  const at = effects.now();
  const made = exampleEntries(value, at, effects.newId);
  if (!made) return 'example';
  chats.push({ id: effects.newId(), created_at: at, updated_at: at, ...made });
  return undefined;
}

/** What claims to come from the future could not be changed any more: later entries win. */
function notLater(at: string, now: string): string {
  return Date.parse(at) > Date.parse(now) ? now : at;
}

function readEntry(value: JsonObject, now: string): ChatEntry | undefined {
  const { type, id, at: written } = value;
  if (typeof id !== 'string' || !idPattern.test(id) || !isTime(written)) return undefined;
  const at = notLater(written, now);
  switch (type) {
    case 'title':
      return { type, id, at, title: textOf(value.title) };
    case 'settings':
      return { type, id, at, settings: { ...readSettings(value.settings) } };
    case 'message': {
      const message = readMessage(value.message);
      return message && { type, id, at, message: { ...message } };
    }
    case 'remove':
      if (typeof value.message !== 'string' || !idPattern.test(value.message)) return undefined;
      return { type, id, at, message: value.message };
    default:
      return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TITLE_CHARACTERS) : '';
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function isTime(value: unknown): value is string {
  return typeof value === 'string' && timePattern.test(value) && !Number.isNaN(Date.parse(value));
}
