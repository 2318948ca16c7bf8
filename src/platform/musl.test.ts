import { describe, expect, it } from 'vitest';
import { readLoadedFiles, usesMusl } from './musl.ts';

/** Lines as proc_pid_maps(5) describes them, with the names of files that Alpine Linux and Debian have. */
const alpine = `55d0c8a00000-55d0c8a01000 r--p 00000000 08:01 393 /usr/bin/node
7f2a1c000000-7f2a1c014000 r--p 00000000 08:01 1049 /lib/ld-musl-x86_64.so.1
7ffd0e5c1000-7ffd0e5e2000 rw-p 00000000 00:00 0 [stack]
`;
const debian = alpine.replace('/lib/ld-musl-x86_64.so.1', '/usr/lib/x86_64-linux-gnu/libc.so.6');

describe('usesMusl', () => {
  it('recognizes the loader of musl, on each processor', () => {
    expect(usesMusl(alpine)).toBe(true);
    expect(usesMusl(alpine.replace('x86_64', 'aarch64'))).toBe(true);
    expect(usesMusl(alpine.replace('x86_64', 'armhf'))).toBe(true);
  });

  it('recognizes it under the name that Debian gives it', () => {
    const name = '/usr/lib/x86_64-linux-musl/libc.so';
    expect(usesMusl(alpine.replace('/lib/ld-musl-x86_64.so.1', name))).toBe(true);
  });

  it('does not mistake glibc, another file of a similar name, or nothing for it', () => {
    expect(usesMusl(debian)).toBe(false);
    expect(usesMusl(debian.replace('/usr/bin/node', '/opt/ld-musl-x86_64.so.1/node'))).toBe(false);
    expect(usesMusl('')).toBe(false);
  });

  it('knows that these tests run with glibc, whose libraries they load', () => {
    const loaded = readLoadedFiles();
    if (process.platform === 'linux') expect(loaded).toContain('libc.so.6');
    expect(usesMusl(loaded)).toBe(false);
  });
});
