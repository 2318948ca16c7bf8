import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFileAtomically } from './atomic-file.ts';
import { makePrivateFolder } from './private-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'private-'));
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

/** Windows has no mode bits; the folder of the user is private by its access list. */
const onPosix = it.skipIf(process.platform === 'win32');

onPosix('creates each missing folder for its owner only', async () => {
  makePrivateFolder(join(folder, 'a/b'));
  expect(await modeOf(join(folder, 'a'))).toBe(0o700);
  expect(await modeOf(join(folder, 'a/b'))).toBe(0o700);
});

onPosix('leaves a folder that exists', async () => {
  await mkdir(join(folder, 'a'));
  await chmod(join(folder, 'a'), 0o755);
  makePrivateFolder(join(folder, 'a'));
  expect(await modeOf(join(folder, 'a'))).toBe(0o755);
});

onPosix.each([0o000, 0o022, 0o777])('ignores the umask %o', async (umask) => {
  const before = process.umask(umask);
  try {
    makePrivateFolder(join(folder, 'a/b'));
  } finally {
    process.umask(before);
  }
  expect(await modeOf(join(folder, 'a'))).toBe(0o700);
  expect(await modeOf(join(folder, 'a/b'))).toBe(0o700);
});

onPosix('holds for the folder of a file that only its owner may read, not for others', async () => {
  await writeFileAtomically(join(folder, 'keys/key'), 'secret', 0o600);
  expect(await modeOf(join(folder, 'keys'))).toBe(0o700);
  await writeFileAtomically(join(folder, 'models/model'), 'public');
  expect(await modeOf(join(folder, 'models'))).toBe(0o777 & ~process.umask());
});
