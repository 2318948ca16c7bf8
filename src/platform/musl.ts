import { readFileSync } from 'node:fs';

/**
 * The file of musl, at the end of a line of proc_pid_maps(5): "/lib/ld-musl-x86_64.so.1" in Alpine Linux. Other systems have the
 * same file under the name "libc.so", which glibc gives to no library that can be loaded.
 */
const muslFile = /\/(ld-musl-[\w-]+\.so\.1|libc\.so)$/m;

/** What to do about the inference libraries on a system with musl, which lacks functions that they call. */
export const muslAdvice =
  'the inference libraries need glibc, and this system has musl, as Alpine Linux does: use a system with glibc 2.34 or newer, such as Debian 12, or a container image based on one, such as node:22-bookworm-slim';

/**
 * Whether this process runs with musl instead of glibc. It asks what the process has loaded, because a system may have both.
 * @param maps text of `/proc/self/maps`, "" where the system has no such file
 */
export function usesMusl(maps: string): boolean {
  return muslFile.test(maps);
}

/** The text for `usesMusl`. */
export function readLoadedFiles(): string {
  try {
    return readFileSync('/proc/self/maps', 'utf8');
  } catch {
    return '';
  }
}
