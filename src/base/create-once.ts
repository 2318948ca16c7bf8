import { link, writeFile } from 'node:fs/promises';
import { systemCode } from './errors.ts';

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
  /** Creates a hard link; for tests. */
  readonly link?: (from: string, to: string) => Promise<void>;
}

/**
 * Makes a finished file appear under a name that must not exist. It appears whole, as a link to the finished one; where
 * the file system has no links, it is created and written, so that another process may see it empty for a moment.
 * @param temporary a file with this content in the same folder, which proves that the folder can be written to
 * @returns false when the name exists
 * @throws system errors
 */
export async function createOnce(
  temporary: string,
  path: string,
  content: string,
  { mode = 0o644, link: makeLink = link }: CreateOnceOptions = {},
): Promise<boolean> {
  return await isNew(async () => {
    try {
      await makeLink(temporary, path);
    } catch (error) {
      if (!noLinkCodes.has(systemCode(error) ?? '')) throw error;
      await writeFile(path, content, { flag: 'wx', mode });
    }
  });
}

async function isNew(create: () => Promise<void>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}
