import { win32 } from 'node:path';

/** The longest path that Windows takes in its ordinary form has 259 characters (MAX_PATH, with a zero at the end). */
const LONGEST_PATH = 259;

/** A path for native code. Node writes long paths of Windows with `\\?\` in front; libraries open what they are given. */
export function nativePath(path: string, platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'win32' || path.length <= LONGEST_PATH) return path;
  return win32.toNamespacedPath(path);
}
