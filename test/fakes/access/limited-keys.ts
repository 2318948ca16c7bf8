import type { KeyLimits } from '../../../src/access/caller-key.ts';
import type { KeyStore } from '../../../src/access/key-store.ts';
import { keyRecord, keysOf } from './key-records.ts';

interface KeyFields {
  readonly limits?: KeyLimits;
  readonly maxPriority?: number;
}

/** Keys that may do everything, by what clients present, which is their name as well. */
export function limitedKeys(keys: Readonly<Record<string, KeyFields>>): Promise<KeyStore> {
  return keysOf(
    Object.entries(keys).map(([name, fields]) => keyRecord(name, { name, scopes: ['admin'], ...fields })),
  );
}
