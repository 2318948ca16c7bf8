/** An entry as a line of its chat's file: JSON that begins with the type, ID and time, which are read without parsing the rest. */
import type { ChatEntry } from '../api/chats.ts';
import { isJsonObject } from '../base/json-object.ts';

/** What the index of a chat keeps of an entry. */
export interface EntryHead {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Present on entries that set it. */
  readonly title?: string;
}

/** An entry that is ready to be written. */
export interface EncodedEntry extends EntryHead {
  /** Its line, with the line feed. */
  readonly line: Buffer;
}

/** Bytes that the head of a line needs at most. */
const HEAD_BYTES = 256;
/** Bytes of a line that sets a title: 500 characters, each as an escape at most. */
export const TITLE_LINE_BYTES = 4096;

/** RFC 3339 has years of four digits, which an offset can leave. */
const FIRST_TIME = Date.parse('0000-01-01T00:00:00Z');
const LAST_TIME = Date.parse('9999-12-31T23:59:59Z');

const headPattern = /^\{"type":"(title|settings|message|remove)","id":"([\w-]{1,64})","at":"([^"\\]{1,64})"/;

export const NEWLINE = 0x0a;

export function encodeEntry(entry: ChatEntry): EncodedEntry {
  const { type, id, at, ...rest } = entry;
  const line = Buffer.from(`${JSON.stringify({ type, id, at, ...rest })}\n`);
  return { id, at: timeOf(at), line, ...(entry.type === 'title' && { title: entry.title }) };
}

/**
 * @param bytes of the line, without its line feed; `TITLE_LINE_BYTES` of a longer one are enough
 * @returns undefined for other lines
 */
export function readHead(bytes: Buffer): EntryHead | undefined {
  const [, type, id = '', at = ''] = headPattern.exec(bytes.toString('latin1', 0, HEAD_BYTES)) ?? [];
  if (type === undefined) return undefined;
  return { id, at: timeOf(at), ...(type === 'title' && { title: titleOf(bytes) }) };
}

function timeOf(text: string): number {
  const time = Date.parse(text);
  return Number.isNaN(time) ? 0 : Math.min(Math.max(time, FIRST_TIME), LAST_TIME);
}

function titleOf(bytes: Buffer): string {
  try {
    const entry: unknown = JSON.parse(bytes.toString());
    return isJsonObject(entry) && typeof entry.title === 'string' ? entry.title : '';
  } catch {
    return '';
  }
}
