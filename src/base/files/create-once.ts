import { link, writeFile } from 'node:fs/promises';
import { systemCode } from '../errors.ts';
import { mayBeInUse } from './replace-file.ts';

/**
 * What file systems without hard links, such as FAT and exFAT, answer to a link: each system and driver has its own code.
 * Windows' "invalid function" becomes EISDIR.
 */
const noLinkCodes: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EISDIR',
  'EINVAL',
  'EMLINK',
  'UNKNOWN',
]);

export interface CreateOnceOptions {
  readonly mode?: number;
  readonly platform?: NodeJS.Platform;
  /** Creates a hard link; for tests. */
  readonly link?: (from: string, to: string) => Promise<void>;
}

/**
 * Makes a finished file appear under a name that must not exist. It appears whole, as a link to the finished one; where
 * the file system has no links, it is created and written, so that another process may see it empty for a moment.
 * @param temporary a file with this content in the same folder, which proves that the folder can be written to
 * @returns false when the name exists, or, on Windows, does so until a reader of a removed file has closed it
 * @throws system errors
 */
export async function createOnce(
  temporary: string,
  path: string,
  content: string,
  { mode = 0o644, platform, link: makeLink = link }: CreateOnceOptions = {},
): Promise<boolean> {
  return await isNew(platform, async () => {
    try {
      await makeLink(temporary, path);
    } catch (error) {
      if (!noLinkCodes.has(systemCode(error) ?? '')) throw error;
      await writeFile(path, content, { flag: 'wx', mode });
    }
  });
}

async function isNew(platform: NodeJS.Platform | undefined, create: () => Promise<void>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    // On Windows, a file that was removed keeps its name until the last reader has closed it.
    if (systemCode(error) === 'EEXIST' || mayBeInUse(error, platform)) return false;
    throw error;
  }
}
