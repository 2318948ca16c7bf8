import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOnce } from './create-once.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-once-'));
  await writeFile(join(folder, 'temporary'), 'new');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const create = (link?: () => Promise<void>) =>
  createOnce(join(folder, 'temporary'), join(folder, 'it'), 'new', link ? { link } : {});
const content = () => readFile(join(folder, 'it'), 'utf8');

const failing = (code: string) => async () => {
  throw Object.assign(new Error(code), { code });
};

const fileSystems = {
  'with links': undefined,
  'without links on Linux': failing('EPERM'),
  'without links, through FUSE': failing('ENOSYS'),
  'without links on Windows': failing('EISDIR'),
};

describe.each(Object.entries(fileSystems))('a file system %s', (_, link) => {
  it('gets the file', async () => {
    expect(await create(link)).toBe(true);
    expect(await content()).toBe('new');
  });

  it('keeps the file that is there', async () => {
    await writeFile(join(folder, 'it'), 'old');
    expect(await create(link)).toBe(false);
    expect(await content()).toBe('old');
  });
});

it('lets exactly one of several processes create the file', async () => {
  for (const link of Object.values(fileSystems)) {
    await rm(join(folder, 'it'), { force: true });
    const results = await Promise.all(Array.from({ length: 8 }, () => create(link)));
    expect(results.filter((isCreated) => isCreated)).toHaveLength(1);
  }
});

it('fails where nothing can be written', async () => {
  await expect(create(failing('ENOSPC'))).rejects.toMatchObject({ code: 'ENOSPC' });
});

it('takes a removed file that a reader still has open on Windows for one that exists', async () => {
  const path = join(folder, 'missing', 'it');
  const options = { platform: 'win32', link: failing('EACCES') } as const;
  expect(await createOnce(join(folder, 'temporary'), path, 'new', options)).toBe(false);
});
