import { hash, timingSafeEqual } from 'node:crypto';
import { type Scope, scopes } from '../api/scopes.ts';
import type { CallerKey } from './caller-key.ts';
import type { KeyRecord } from './key-record.ts';
import { matchesModel } from './model-patterns.ts';

/** Far longer than our keys, which have 46 characters; nobody makes this server hash a header of 16 KB for nothing. */
const MAX_CREDENTIAL_LENGTH = 512;

/** The key of a credential, or why there is none. */
export type Identified = CallerKey | 'unknown' | 'expired';

interface Entry {
  /** In hexadecimal digits. */
  readonly digest: string;
  readonly key: CallerKey;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** A set of keys, found by the SHA-256 of what a client presents. Immutable. */
export class KeyRing {
  /** Includes expired keys: a server whose last key expires must not be open again. */
  readonly size: number;
  /** By the digest in hexadecimal digits. */
  readonly #entries = new Map<string, Entry>();
  /** By ID; `until` is that of the key as it is now. */
  readonly #byId = new Map<string, Entry>();

  constructor(records: readonly KeyRecord[]) {
    this.size = records.length;
    for (const record of records) {
      const key = callerKey(record);
      const { hash: digest, expiresAt = Number.POSITIVE_INFINITY, previous } = record;
      this.#add(digest, key, expiresAt);
      this.#byId.set(key.id, { digest, key, until: expiresAt });
      if (previous) this.#add(previous.hash, key, Math.min(previous.until, expiresAt));
    }
  }

  #add(digest: string, key: CallerKey, until: number): void {
    this.#entries.set(digest, { digest, key, until });
  }

  /** @param now milliseconds since the epoch */
  identify(credential: string, now: number): Identified {
    return credential.length > MAX_CREDENTIAL_LENGTH ? 'unknown' : this.ofDigest(digestOf(credential), now);
  }

  /** The key with an ID. @returns undefined for one that does not exist or has expired */
  ofId(id: string, now: number): CallerKey | undefined {
    const entry = this.#byId.get(id);
    return entry && now < entry.until ? entry.key : undefined;
  }

  /** As `identify`. @param digest SHA-256 of a credential, in hexadecimal digits */
  ofDigest(digest: string, now: number): Identified {
    const entry = this.#entries.get(digest);
    if (!entry || !timingSafeEqual(Buffer.from(entry.digest), Buffer.from(digest))) return 'unknown';
    return now < entry.until ? entry.key : 'expired';
  }
}

/** SHA-256 in hexadecimal digits. */
export function digestOf(key: string): string {
  return hash('sha256', key, 'hex');
}

/** Each combination of scopes once: thousands of keys have the same few. */
const scopeSets = new Map<string, ReadonlySet<Scope>>();

function sharedSet(own: readonly Scope[]): ReadonlySet<Scope> {
  const ordered = scopes.filter((scope) => own.includes(scope));
  const name = ordered.join();
  const set = scopeSets.get(name) ?? new Set(ordered);
  scopeSets.set(name, set);
  return set;
}

/** A new ring has most of the records of the one before. */
const knownKeys = new WeakMap<KeyRecord, CallerKey>();

function callerKey(record: KeyRecord): CallerKey {
  const key = knownKeys.get(record) ?? newCallerKey(record);
  knownKeys.set(record, key);
  return key;
}

function newCallerKey({ id, name, scopes: own, models, limits, maxPriority }: KeyRecord): CallerKey {
  return {
    id,
    name,
    scopes: sharedSet(own.includes('admin') ? scopes : own),
    mayUse: (model) => matchesModel(models, model),
    mayUseAll: models.length === 0,
    // The ID is random and public, stays when the key is rotated, and is never given to another key.
    salt: id,
    maxPriority,
    limits,
  };
}
