import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLocalType, LocalFolder } from './local-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What is known of a file once the folder has been looked at. */
const settled = (local: LocalFolder, path: string) => expect.poll(() => local.fileFacts(path));

describe('LocalFolder', () => {
  it('takes local file systems for local, and network and user-space ones not', () => {
    expect([0xef53, 0x01021994, 0x58465342].every(isLocalType)).toBe(true);
    // NFS, SMB2, CIFS, FUSE, 9P, Ceph
    expect([0x6969, 0xfe534d42, 0xff534d42, 0x65735546, 0x01021997, 0x00c36400].some(isLocalType)).toBe(
      false,
    );
  });

  /** Windows reports no type of file system, so all go by way of the thread pool there. */
  const onPosix = it.skipIf(process.platform === 'win32');

  onPosix(
    'knows nothing before it has looked, then the facts of files, and nothing of what links lead to',
    async () => {
      const file = join(folder, 'file');
      await writeFile(file, 'text');
      await symlink(file, join(folder, 'link'));
      const local = new LocalFolder(folder);
      expect(local.fileFacts(file)).toBe('unknown');
      await settled(local, file).toMatchObject({ size: 4n });
      expect(local.fileFacts(join(folder, 'nothing'))).toBeUndefined();
      expect(local.fileFacts(join(folder, 'link'))).toBe('unknown');
      expect(local.fileFacts(folder)).toBe('unknown');
      await writeFile(file, 'longer text');
      expect(local.fileFacts(file)).toMatchObject({ size: 11n });
    },
  );

  onPosix(
    'looks again after a while, and leaves a folder that cannot be examined to the thread pool',
    async () => {
      let now = 0;
      const local = new LocalFolder(folder, () => now);
      const file = join(folder, 'file');
      await settled(local, file).toBeUndefined();
      await rm(folder, { recursive: true });
      await settled(local, file).toBeUndefined();
      now = 20_000;
      await settled(local, file).toBe('unknown');
    },
  );
});
