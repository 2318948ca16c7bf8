import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

const OWNER_ONLY = 0o700;

/**
 * Creates a folder, and missing ones above it, that only its owner may enter, whatever the umask is. It is for keys, saved
 * states, logs and notes about processes. A folder that exists stays as it is: its owner may have chosen its mode.
 * @throws system errors
 */
export function makePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { mode: OWNER_ONLY });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return;
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    makePrivateFolder(dirname(path));
    makePrivateFolder(path);
    return;
  }
  // The umask may have taken permissions of the owner.
  chmodSync(path, OWNER_ONLY);
}
