import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  NotRegularFileError,
  openRegularFile,
  readBounded,
  readRegularFile,
  readRegularFileSync,
} from './regular-file.ts';

let folder: string;
let server: Server | undefined;
const at = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'regular-'));
});
afterEach(async () => {
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  server = undefined;
  await rm(folder, { recursive: true });
});

const isWindows = process.platform === 'win32';
/** Symbolic links need a right on Windows that users lack, and Wine makes none. */
const whereLinksExist = it.skipIf(isWindows);

const makers: Readonly<Record<string, () => Promise<unknown>>> = {
  'named pipe': () => promisify(execFile)('mkfifo', [at('it')]),
  folder: () => mkdir(at('it')),
  device: () => symlink('/dev/zero', at('it')),
  socket: () =>
    new Promise<void>((resolve) => {
      server = createServer().listen(at('it'), resolve);
    }),
  'loop of symbolic links': () => symlink('it', at('it')),
};

/** Windows has none of the others in folders. */
const kinds = Object.entries(makers).filter(([kind]) => !isWindows || kind === 'folder');

describe.each(kinds)('a %s', (kind, make) => {
  const message = new RegExp(`it is a ${kind}, not a regular file: remove it`);

  it('is neither read nor written, and nothing waits for it', async () => {
    await make();
    for (const attempt of [
      () => readRegularFile(at('it'), 100),
      () => openRegularFile(at('it'), constants.O_RDWR | constants.O_CREAT, 0o600),
    ]) {
      await expect(attempt()).rejects.toThrow(NotRegularFileError);
      await expect(attempt()).rejects.toThrow(message);
    }
    expect(() => readRegularFileSync(at('it'), 100)).toThrow();
  });

  whereLinksExist('is not read through a link either', async () => {
    await make();
    await symlink(at('it'), at('link'));
    await expect(readRegularFile(at('link'), 100)).rejects.toThrow(NotRegularFileError);
  });
});

describe('a regular file', () => {
  whereLinksExist('is read, also through links', async () => {
    await writeFile(at('it'), 'content');
    await symlink(at('it'), at('link'));
    for (const name of ['it', 'link']) {
      expect((await readRegularFile(at(name), 7)).toString()).toBe('content');
      expect(readRegularFileSync(at(name), 7).toString()).toBe('content');
    }
  });

  it('is not read when it is larger than the bound', async () => {
    await writeFile(at('it'), 'content');
    await expect(readRegularFile(at('it'), 6)).rejects.toMatchObject({ code: 'too-large' });
    expect(() => readRegularFileSync(at('it'), 6)).toThrow('larger than 6 bytes');
  });

  it('that grows while it is being read is read to its end, within the bound', async () => {
    await writeFile(at('it'), 'a');
    const file = await openRegularFile(at('it'));
    const growing = Object.assign(Object.create(file), {
      stat: async () => ({ size: 1 }),
      read: file.read.bind(file),
    });
    try {
      await appendFile(at('it'), 'b'.repeat(999));
      expect((await readBounded(growing, at('it'), 1000)).length).toBe(1000);
      await expect(readBounded(growing, at('it'), 999)).rejects.toMatchObject({ code: 'too-large' });
    } finally {
      await file.close();
    }
  });

  it('that does not exist is reported by the system, or created', async () => {
    await expect(readRegularFile(at('none'), 7)).rejects.toMatchObject({ code: 'ENOENT' });
    await (await openRegularFile(at('none'), constants.O_RDWR | constants.O_CREAT, 0o600)).close();
    expect(await readRegularFile(at('none'), 7)).toHaveLength(0);
  });
});
