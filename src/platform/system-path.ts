import { type PlatformPath, posix, win32 } from 'node:path';

/** The rules for paths of a system, which need not be this one: a test can look at both. */
export function systemPath(platform: NodeJS.Platform): PlatformPath {
  return platform === 'win32' ? win32 : posix;
}
