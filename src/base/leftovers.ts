/** Removes what processes left behind that were killed while they wrote a file. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryPattern } from './atomic-file.ts';

/**
 * Removes old temporary files from a folder, not from its subfolders. Never rejects: what cannot be removed stays.
 * @param before milliseconds since the epoch; newer files may still be in use
 * @param pattern names of the temporary files, unless they are those of `writeFileAtomically`
 * @returns number of removed files
 */
export async function removeLeftovers(
  folder: string,
  before: number,
  pattern = temporaryPattern,
): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  let removed = 0;
  for (const name of names.filter((text) => pattern.test(text))) {
    const path = join(folder, name);
    const facts = await lstat(path).catch(() => undefined);
    if (!facts || facts.isDirectory() || facts.mtimeMs >= before) continue;
    const isGone = await rm(path, { force: true }).then(
      () => true,
      () => false,
    );
    if (isGone) removed += 1;
  }
  return removed;
}
