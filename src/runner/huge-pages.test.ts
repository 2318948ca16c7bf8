import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasHugePages, hugePageBytes, supportsHugePages, withHugePages } from './huge-pages.ts';

const TUNABLE = 'glibc.malloc.hugetlb';

describe('withHugePages', () => {
  it.each([
    ['no tunables', {}, `${TUNABLE}=1`],
    ['an empty list of tunables', { GLIBC_TUNABLES: '' }, `${TUNABLE}=1`],
    [
      'tunables of the user, which stay',
      { GLIBC_TUNABLES: 'glibc.malloc.arena_max=2' },
      `glibc.malloc.arena_max=2:${TUNABLE}=1`,
    ],
    ['a value that the user chose', { GLIBC_TUNABLES: `${TUNABLE}=2:a=b` }, `${TUNABLE}=2:a=b`],
    ['a refusal of the user', { GLIBC_TUNABLES: `${TUNABLE}=0` }, `${TUNABLE}=0`],
  ])('adds the tunable to an environment with %s', (_, environment, expected) => {
    const extended = withHugePages({ PATH: '/bin', ...environment });
    expect(extended).toEqual({ PATH: '/bin', GLIBC_TUNABLES: expected });
  });
});

describe('supportsHugePages', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'ollama-pages-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  /** @param mode the kernel's list of modes; undefined = a kernel without huge pages */
  async function systemWith(mode: string | undefined, status = 'Name:\tnode\nTHP_enabled:\t1\n') {
    const folder = join(root, 'sys/kernel/mm/transparent_hugepage');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await mkdir(join(root, 'proc/self'), { recursive: true });
    if (mode !== undefined) await writeFile(join(folder, 'enabled'), `${mode}\n`);
    await writeFile(join(root, 'proc/self/status'), status);
    return { platform: 'linux', glibc: '2.36', environment: {}, root };
  }

  it.each([
    ['always [madvise] never', true],
    ['[always] madvise never', true],
    ['always madvise [never]', false],
    [undefined, false],
  ])('follows the mode of the kernel: %s', async (mode, expected) => {
    expect(supportsHugePages(await systemWith(mode))).toBe(expected);
  });

  it.each([
    ['2.34', false],
    ['2.35', true],
    ['3.0', true],
    [undefined, false],
  ])('needs a version of glibc with the tunable: %s', async (glibc, expected) => {
    const system = await systemWith('always [madvise] never');
    expect(supportsHugePages({ ...system, glibc })).toBe(expected);
  });

  it('is false on other systems, where the user refuses, and where the process may not', async () => {
    const system = await systemWith('always [madvise] never');
    expect(supportsHugePages({ ...system, platform: 'darwin' })).toBe(false);
    const environment = { GLIBC_TUNABLES: `${TUNABLE}=0` };
    expect(supportsHugePages({ ...system, environment })).toBe(false);
    const forbidden = await systemWith('always [madvise] never', 'THP_enabled:\t0\n');
    expect(supportsHugePages(forbidden)).toBe(false);
  });

  it('answers for this process, again and again', () => {
    expect(hasHugePages()).toBe(hasHugePages());
  });
});

describe('hugePageBytes', () => {
  it('is a number of bytes for a process, and unknown for none', async () => {
    if (process.platform === 'linux') expect(await hugePageBytes(process.pid)).toBeGreaterThanOrEqual(0);
    expect(await hugePageBytes(0)).toBeUndefined();
  });
});
