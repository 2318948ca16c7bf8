/** The text of the key file. */
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

const fileSchema = z.object({ version: z.literal(VERSION), keys: z.array(recordSchema).max(MAX_KEYS) });

/**
 * Decodes the key file.
 * @throws Error with what is wrong and where; nothing of it is used then, because half of the keys may be worse than none
 */
export function decodeKeys(text: string): KeyRecord[] {
  const result = fileSchema.safeParse(JSON.parse(text));
  const issue = result.error?.issues[0];
  if (issue) throw new Error(`${issue.path.map(String).join('.') || 'the file'}: ${issue.message}`);
  return (result.data?.keys ?? []).map(decodeRecord);
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
