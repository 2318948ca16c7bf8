import type { ConfiguredKey } from '../config/file/config-file.ts';
import { grantsOf } from './key-info.ts';
import type { KeyRecord } from './key-record.ts';
import { digestOf } from './key-ring.ts';

const ID_DIGITS = 16;

/**
 * The keys of the config file. Their IDs follow from their names, and so stay when the file is edited.
 * @param stored keys of the key file
 * @returns `hidden`: names that keys of the key file have too; both count
 */
export function configuredRecords(
  keys: readonly ConfiguredKey[],
  stored: readonly KeyRecord[],
): { records: KeyRecord[]; hidden: string[] } {
  const taken = new Set(stored.map(({ name }) => name.toLowerCase()));
  const records = keys.map(({ name, hash, expiresAt, grants }) => ({
    id: `key_${digestOf(`config file: ${name.toLowerCase()}`).slice(0, ID_DIGITS)}`,
    name,
    hash,
    ...grantsOf(grants),
    ...(expiresAt !== undefined && { expiresAt }),
  }));
  return { records, hidden: keys.map(({ name }) => name).filter((name) => taken.has(name.toLowerCase())) };
}
