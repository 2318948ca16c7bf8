import type { Scope } from '../api/scopes.ts';
import type { KeyLimits } from './caller-key.ts';

/** A key as it is kept: everything but the key itself. */
export interface KeyRecord {
  /** "key_" and 16 hexadecimal digits. */
  readonly id: string;
  /** Chosen by its owner; unique without regard to letter case. */
  readonly name: string;
  /** SHA-256 of the key, in hexadecimal digits. A key has 256 random bits, so nothing slower is needed. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** Patterns of model names (`model-patterns.ts`); empty = every model. */
  readonly models: readonly string[];
  readonly limits: KeyLimits;
  /** Upper bound of `X-Priority`. */
  readonly maxPriority: number;
  /** Milliseconds since the epoch; absent = unknown. */
  readonly createdAt?: number | undefined;
  /** Milliseconds since the epoch; absent = never. */
  readonly expiresAt?: number | undefined;
  /** The key before the last rotation, while it is still accepted. */
  readonly previous?: { readonly hash: string; readonly until: number } | undefined;
}
