import { rm } from 'node:fs/promises';
import { mayBeInUse } from '../../src/base/files/replace-file.ts';

/** Removes a temporary folder. On Windows, the files of models that this process has loaded stay. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true });
  } catch (error) {
    if (!mayBeInUse(error)) throw error;
  }
}
