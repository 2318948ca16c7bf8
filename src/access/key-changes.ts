/** What creating, revoking and rotating do to the list of keys: without effects. */
import { randomBytes } from 'node:crypto';
import type { CreateKeyRequest } from '../api/keys.ts';
import { OllamaError } from '../base/errors.ts';
import { grantsOf } from './key-info.ts';
import type { KeyRecord } from './key-record.ts';
import { digestOf } from './key-ring.ts';
import { parseExpiry, parseLongDuration } from './key-times.ts';
import { withoutKeys } from './without-keys.ts';

/** Bytes of a key: as many as its digest has. */
const KEY_BYTES = 32;
const ID_BYTES = 8;
/** Far more than people and programs that share one machine. Bounds the file and the time to read it. */
export const MAX_KEYS = 10_000;

/** The list after a change, and the key that was changed. */
export interface KeyChange {
  readonly records: readonly KeyRecord[];
  readonly record: KeyRecord;
}

/** A change that made a new key, which nobody can read again later. */
export interface NewKey extends KeyChange {
  readonly key: string;
}

function newKey(): string {
  return `ok-${randomBytes(KEY_BYTES).toString('base64url')}`;
}

/**
 * Adds a key.
 * @param taken names that keys elsewhere have
 * @param now milliseconds since the epoch
 * @throws OllamaError `invalid-request` for a name that is taken, an end in the past, or too many keys
 */
export function createKey(
  records: readonly KeyRecord[],
  { name, expires, ...grants }: CreateKeyRequest,
  now: number,
  taken: readonly string[] = [],
): NewKey {
  const isTaken = [...records.map((record) => record.name), ...taken].some((other) => isSame(other, name));
  if (isTaken) {
    const message = `a key with the name "${name}" exists: choose another name, or rotate that key`;
    throw new OllamaError('invalid-request', message);
  }
  if (records.length >= MAX_KEYS) {
    throw new OllamaError('invalid-request', `there are ${MAX_KEYS} keys already: revoke some first`);
  }
  const key = newKey();
  const record: KeyRecord = {
    id: `key_${randomBytes(ID_BYTES).toString('hex')}`,
    name,
    hash: digestOf(key),
    ...grantsOf(grants),
    createdAt: now,
    ...(expires !== undefined && { expiresAt: parseExpiry(expires, now) }),
  };
  return { records: [...records, record], record, key };
}

/** @param text an ID, or a name in any letter case */
export function findKey(records: readonly KeyRecord[], text: string): KeyRecord | undefined {
  return records.find(({ id }) => id === text) ?? records.find(({ name }) => isSame(name, text));
}

/** @throws OllamaError `not-found` */
export function requireKey(records: readonly KeyRecord[], text: string): KeyRecord {
  const found = findKey(records, text);
  if (found) return found;
  throw new OllamaError(
    'not-found',
    `there is no key ${JSON.stringify(withoutKeys(text))}: "ollama key list" shows all`,
  );
}

/** Removes a key. @throws OllamaError `not-found` */
export function revokeKey(records: readonly KeyRecord[], text: string): KeyChange {
  const record = requireKey(records, text);
  return { records: records.filter((other) => other !== record), record };
}

/**
 * Replaces what a key is, and keeps everything else.
 * @param grace how long the old one is still accepted, such as "1h"; absent = not at all
 * @throws OllamaError `not-found`, `invalid-request`
 */
export function rotateKey(
  records: readonly KeyRecord[],
  text: string,
  grace: string | undefined,
  now: number,
): NewKey {
  const { previous: _, ...old } = requireKey(records, text);
  const key = newKey();
  const kept =
    grace === undefined ? {} : { previous: { hash: old.hash, until: now + parseLongDuration(grace) } };
  const record: KeyRecord = { ...old, hash: digestOf(key), ...kept };
  return { records: records.map((other) => (other.id === old.id ? record : other)), record, key };
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
