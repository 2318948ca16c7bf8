/**
 * Renaming and removing files that somebody has open. Elsewhere that always works; Windows refuses it while any process,
 * such as a virus scanner or another reader, has the file open, and for as long as a file is mapped into memory.
 */
import { rm, rename as systemRename } from 'node:fs/promises';
import { setTimeout as systemPause } from 'node:timers/promises';
import { systemCode } from '../errors.ts';

/** What Windows answers for a file that is open or mapped. It has the same codes for a lack of permission. */
const inUseCodes: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** About a second: readers of ours close a file within milliseconds, virus scanners usually within half a second. */
const PAUSES_MS = [5, 10, 20, 40, 75, 100, 150, 200, 200, 200] as const;

/** A removal that waits holds up others, and can be repeated later: about a tenth of a second. */
const REMOVAL_PAUSES_MS = PAUSES_MS.slice(0, 5);

interface System {
  readonly platform: NodeJS.Platform;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

interface Renaming extends System {
  readonly rename: (from: string, to: string) => Promise<void>;
}

interface Removal extends System {
  readonly remove: (path: string) => Promise<void>;
}

const system: System = { platform: process.platform, pause: systemPause };
const systemRenaming: Renaming = { ...system, rename: systemRename };
const systemRemoval: Removal = { ...system, remove: (path) => rm(path, { force: true }) };

/** Whether a change of a file may have failed because it is open. Always false on other systems, where open files can be changed. */
export function mayBeInUse(error: unknown, platform: NodeJS.Platform = process.platform): boolean {
  return platform === 'win32' && inUseCodes.has(systemCode(error) ?? '');
}

/**
 * Renames a file or folder, also over an existing file.
 * @throws system errors; on Windows, only after trying for about a second while the target or the source is in use
 */
export async function renameOver(from: string, to: string, files: Renaming = systemRenaming): Promise<void> {
  await whileInUse(() => files.rename(from, to), PAUSES_MS, files);
}

/**
 * Removes a file, if there is one.
 * @returns false when it is in use; try again later
 * @throws system errors
 */
export async function removeUnlessInUse(path: string, files: Removal = systemRemoval): Promise<boolean> {
  try {
    await whileInUse(() => files.remove(path), REMOVAL_PAUSES_MS, files);
    return true;
  } catch (error) {
    if (mayBeInUse(error, files.platform)) return false;
    throw error;
  }
}

async function whileInUse(
  work: () => Promise<void>,
  pauses: readonly number[],
  { platform, pause }: System,
): Promise<void> {
  for (const milliseconds of pauses) {
    try {
      return await work();
    } catch (error) {
      if (!mayBeInUse(error, platform)) throw error;
    }
    await pause(milliseconds);
  }
  await work();
}
