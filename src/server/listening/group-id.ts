import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OllamaError } from '../../base/errors.ts';
import { readRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';

const GROUPS_FILE = '/etc/group';
/** A hundred thousand members take this much. */
const MAX_BYTES = 16 * MIB;
/** A directory service that does not answer must not keep the server from starting. */
const DIRECTORY_MS = 5000;
const HIGHEST_ID = 2 ** 32 - 2;

/**
 * The number of a group of this machine (group(5)), or of its directory service, which `getent` asks.
 * @param group its name or number
 * @throws OllamaError `invalid-request` for a group that does not exist
 */
export async function groupId(group: string): Promise<number> {
  if (/^\d+$/.test(group) && Number(group) <= HIGHEST_ID) return Number(group);
  const local = await readRegularFile(GROUPS_FILE, MAX_BYTES).then(String, () => '');
  const id = idIn(local, group) ?? idIn(await askDirectory(group), group);
  if (id === undefined) throw new OllamaError('invalid-request', `there is no group "${group}"`);
  return id;
}

/** @param lines "name:password:number:members" each */
function idIn(lines: string, group: string): number | undefined {
  for (const line of lines.split('\n')) {
    const [name, , id] = line.split(':');
    if (name === group && /^\d+$/.test(id ?? '')) return Number(id);
  }
  return undefined;
}

async function askDirectory(group: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('getent', ['group', '--', group], { timeout: DIRECTORY_MS });
    return stdout;
  } catch {
    return '';
  }
}
