/** The text of the key file. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { keyFields, keyNameSchema } from '../api/keys.ts';
import { MAX_KEYS } from './key-changes.ts';
import { grantFields, grantsOf, timeText } from './key-info.ts';
import type { KeyRecord } from './key-record.ts';

const VERSION = 1;

const hashField = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 hexadecimal digits');
const timeField = z.iso.datetime({ offset: true });

const recordSchema = z.object({
  id: z.string().regex(/^key_[0-9a-f]{16}$/),
  name: keyNameSchema,
  hash: hashField,
  ...keyFields,
  created_at: timeField.exactOptional(),
  expires_at: timeField.exactOptional(),
  previous: z.object({ hash: hashField, expires_at: timeField }).exactOptional(),
});

const fileSchema = z.object({ version: z.literal(VERSION), keys: z.array(z.unknown()).max(MAX_KEYS) });

/** Take 2 to 4 ms: ten thousand at once would hold up every other request for 0.1 s. */
const RECORDS_AT_ONCE = 250;

/**
 * Decodes the key file, in pieces.
 * @throws Error with what is wrong and where; nothing of it is used then, because half of the keys may be worse than none
 */
export async function decodeKeys(text: string): Promise<KeyRecord[]> {
  const { keys } = checked(fileSchema, JSON.parse(text), []);
  const records: KeyRecord[] = [];
  for (const [index, key] of keys.entries()) {
    if (index > 0 && index % RECORDS_AT_ONCE === 0) await nextTurn();
    records.push(decodeRecord(checked(recordSchema, key, ['keys', index])));
  }
  return records;
}

/** @param path of the value in the file */
function checked<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  path: readonly (string | number)[],
): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = [...path, ...(issue?.path ?? [])].map(String).join('.');
  throw new Error(`${place || 'the file'}: ${issue?.message}`);
}

function decodeRecord(stored: z.output<typeof recordSchema>): KeyRecord {
  const { id, name, hash, created_at, expires_at, previous, ...grants } = stored;
  return {
    id,
    name,
    hash: digits(hash),
    ...grantsOf(grants),
    ...(created_at !== undefined && { createdAt: Date.parse(created_at) }),
    ...(expires_at !== undefined && { expiresAt: Date.parse(expires_at) }),
    ...(previous && { previous: { hash: digits(previous.hash), until: Date.parse(previous.expires_at) } }),
  };
}

/** The lines of records that were written before: a change of one key must not encode thousands again. */
const knownLines = new WeakMap<KeyRecord, string>();

/** One line per key, so that people can compare two states of the file. */
export function encodeKeys(records: readonly KeyRecord[]): string {
  const lines = records.map(lineOf);
  return `{\n  "version": ${VERSION},\n  "keys": [${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n  `}]\n}\n`;
}

function lineOf(record: KeyRecord): string {
  const line = knownLines.get(record) ?? `    ${JSON.stringify(encodeRecord(record))}`;
  knownLines.set(record, line);
  return line;
}

function encodeRecord(record: KeyRecord) {
  const { id, name, hash, createdAt, expiresAt, previous } = record;
  return {
    id,
    name,
    hash: `sha256:${hash}`,
    ...grantFields(record),
    ...(createdAt !== undefined && { created_at: timeText(createdAt) }),
    ...(expiresAt !== undefined && { expires_at: timeText(expiresAt) }),
    ...(previous && { previous: { hash: `sha256:${previous.hash}`, expires_at: timeText(previous.until) } }),
  };
}

function digits(hash: string): string {
  return hash.slice('sha256:'.length);
}
