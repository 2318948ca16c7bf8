import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyRecord } from '../../../src/access/key-record.ts';
import { digestOf } from '../../../src/access/key-ring.ts';
import { KeyStore } from '../../../src/access/key-store.ts';
import { encodeKeys } from '../../../src/access/stored-keys.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { RequireKey } from '../../../src/config/choices.ts';
import type { ConfiguredKey } from '../../../src/config/file/config-file.ts';
import { parseHost } from '../../../src/config/host.ts';

let count = 0;

/** A record for a key of a test; everything but the key has a default. */
export function keyRecord(key: string, fields: Partial<KeyRecord> = {}): KeyRecord {
  const id = `key_${String(++count).padStart(16, '0')}`;
  return {
    id,
    name: fields.name ?? `test ${count}`,
    hash: digestOf(key),
    scopes: ['generate', 'read', 'tools'],
    models: [],
    limits: {},
    maxPriority: 0,
    ...fields,
  };
}

/** A folder with a key file. */
export function keyFolder(records: readonly KeyRecord[] | string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  const text = typeof records === 'string' ? records : encodeKeys(records);
  writeFileSync(join(folder, 'keys.json'), text, { mode: 0o600 });
  return folder;
}

/** Settings that never change. */
export function keySettings(
  requireKey: RequireKey = 'auto',
  configuredKeys: readonly ConfiguredKey[] = [],
  host = '127.0.0.1',
) {
  const current = { requireKey, host: parseHost(host).address, listen: [], tlsClientAuthority: '' };
  return { current, configuredKeys, onChange: () => () => undefined };
}

/** The keys of a server, from a file of their own. */
export function keysOf(
  records: readonly KeyRecord[] | string,
  requireKey: RequireKey = 'auto',
): Promise<KeyStore> {
  const folder = keyFolder(records);
  return KeyStore.open({
    folder,
    settings: keySettings(requireKey),
    clock: systemClock,
    logger: silentLogger,
  });
}
