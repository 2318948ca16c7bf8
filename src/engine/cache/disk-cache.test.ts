import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../../test/fakes/mode-bits.ts';
import { DiskCache } from './disk-cache.ts';
import { superfluousFiles } from './disk-folder.ts';
import type { SavedState } from './kv-cache.ts';
import { encodeStateFile, readStateBody, readStateHeader } from './state-file.ts';

const model = 'ab'.repeat(32);
const settings = '12'.repeat(32);
const salt = '34'.repeat(32);
const DAY_MS = 86_400_000;

let folder: string;
let reports: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-cache-'));
  reports = [];
});
afterEach(() => rm(folder, { recursive: true }));

function saved(from: number, length: number, bytes = 1000): SavedState {
  return {
    tokens: Array.from({ length }, (_, index) => from + index),
    salt: '',
    lastUsed: 0,
    exactLength: Number.POSITIVE_INFINITY,
    fixedLength: 0,
    windowStart: 0,
    checkpoints: [],
    state: Uint8Array.from({ length: bytes }, (_, index) => (index * 7 + from) % 251),
  };
}

async function open(
  more: { settings?: string; maxTokens?: number; model?: string; budgetBytes?: number; now?: number } = {},
) {
  const cache = new DiskCache({
    folder,
    model,
    settings,
    maxTokens: 1000,
    budgetBytes: 1_000_000,
    traits: { canRollBack: true, window: 0 },
    report: (message) => reports.push(message),
    ...more,
    now: () => more.now ?? Date.now(),
  });
  await cache.open();
  return cache;
}

const own = () => join(folder, model);
const lengths = (cache: DiskCache) => cache.entries.map(({ tokens }) => tokens.length).sort();

describe('a state file', () => {
  it('returns everything that was put into it', async () => {
    const checkpoints = [40, 90].map((length) => ({ length, state: new Uint8Array(length).fill(length) }));
    const state: SavedState = { ...saved(5, 100), salt, fixedLength: 64, windowStart: 36, checkpoints };
    const path = join(folder, 'x');
    await writeFile(path, Buffer.concat(encodeStateFile(state, settings)));
    const header = await readStateHeader(path);
    expect(header).toMatchObject({ settings, salt, tokens: state.tokens, fixedLength: 64, windowStart: 36 });
    const read = header && (await readStateBody(path, header));
    expect(Buffer.from(read?.state ?? []).equals(Buffer.from(state.state))).toBe(true);
    expect(read?.checkpoints.map((checkpoint) => [...checkpoint.state])).toEqual(
      checkpoints.map((checkpoint) => [...checkpoint.state]),
    );
  });

  it('is rejected, never misread, whichever byte is changed and wherever it is cut off', async () => {
    const path = join(folder, 'x');
    const good = Buffer.concat(encodeStateFile({ ...saved(5, 10, 50), salt }, settings));
    const read = async (bytes: Uint8Array) => {
      await writeFile(path, bytes);
      const header = await readStateHeader(path);
      return header && (await readStateBody(path, header));
    };
    expect(await read(good)).toBeDefined();
    for (let at = 0; at < good.length; at++) {
      const changed = Buffer.from(good);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      expect(await read(changed)).toBeUndefined();
      expect(await read(good.subarray(0, at))).toBeUndefined();
    }
    expect(await read(Buffer.concat([good, Buffer.alloc(1)]))).toBeUndefined();
  });
});

describe('DiskCache', () => {
  it('finds after a restart what was written, with private file modes', async () => {
    const state = saved(1, 100);
    await (await open()).write(state);
    const cache = await open();
    const [entry] = cache.entries;
    expect(entry?.tokens).toEqual(state.tokens);
    const loaded = entry && (await cache.load(entry));
    expect(Buffer.from(loaded?.state ?? []).equals(Buffer.from(state.state))).toBe(true);
    const [name = ''] = await readdir(own());
    expect(await permissionsOf(join(own(), name), 0o600)).toBe(0o600);
    expect(await permissionsOf(own(), 0o700)).toBe(0o700);
    expect(reports).toEqual([]);
  });

  it('sees files of other contexts, without trusting their exact values, unless they are too long', async () => {
    const first = await open();
    await first.write({ ...saved(5, 100), fixedLength: 64 });
    const other = settings.slice(0, 32) + '34'.repeat(16);
    expect((await open()).entries).toMatchObject([{ fixedLength: 64 }]);
    expect((await open({ settings: other })).entries).toMatchObject([{ fixedLength: 0 }]);
    expect((await open({ settings: other, maxTokens: 99 })).entries).toEqual([]);
    expect((await open()).entries).toMatchObject([{ fixedLength: 64 }]);
  });

  it('sees only files of its own model and settings', async () => {
    await (await open()).write(saved(1, 100));
    expect((await open({ settings: '56'.repeat(32) })).entries).toEqual([]);
    expect((await open({ model: 'cd'.repeat(32) })).entries).toEqual([]);
    expect((await open()).entries).toHaveLength(1);
  });

  it('replaces a state with one that continues it', async () => {
    await (await open()).write(saved(1, 100));
    const cache = await open();
    await cache.write(saved(1, 200));
    await cache.write(saved(500, 80));
    expect(lengths(await open())).toEqual([200, 80]);
    expect(await cache.has(saved(1, 90))).toBe(false);
    expect(await (await open()).has(saved(1, 190))).toBe(true);
  });

  it('removes damaged files: a header on opening, a body on loading', async () => {
    const writer = await open();
    await writer.write(saved(1, 100));
    await writer.write(saved(500, 80));
    const names = await readdir(own());
    const cache = await open();
    for (const name of names) {
      const bytes = await readFile(join(own(), name));
      await writeFile(join(own(), name), bytes.fill(1, bytes.length - 20));
    }
    for (const entry of [...cache.entries]) expect(await cache.load(entry)).toBeUndefined();
    expect(reports).toEqual([expect.stringMatching(/corrupt/), expect.stringMatching(/corrupt/)]);
    expect(cache.entries).toEqual([]);
    expect(await readdir(own())).toEqual([]);
    await writeFile(join(own(), `${'0'.repeat(64)}.state`), 'nonsense');
    expect((await open()).entries).toEqual([]);
    expect(await readdir(own())).toEqual([]);
  });

  it('does not follow links', async () => {
    const other = join(folder, 'other');
    await writeFile(other, Buffer.concat(encodeStateFile(saved(1, 100), settings)));
    await mkdir(own());
    await symlink(other, join(own(), `${'1'.repeat(64)}.state`));
    expect((await open()).entries).toEqual([]);
    expect((await stat(other)).isFile()).toBe(true);
  });

  it('stays within the budget over all models, keeping the newest', async () => {
    const writer = await open();
    for (const [index, from] of [1, 1000, 2000].entries()) {
      await writer.write(saved(from, 100 + index, 10_000));
    }
    for (const name of await readdir(own())) {
      const path = join(own(), name);
      const header = await readStateHeader(path);
      const day = new Date(Date.now() - DAY_MS * (header?.tokens[0] === 1 ? 1 : 2));
      await utimes(path, day, day);
    }
    const cache = await open({ model: 'cd'.repeat(32), budgetBytes: 25_000 });
    expect([cache.fits(25_000), cache.fits(25_001)]).toEqual([true, false]);
    await cache.write(saved(1, 64, 12_000));
    expect(cache.fits(13_001)).toBe(false);
    await cache.trim();
    const left = await open({ budgetBytes: 25_000 });
    expect(lengths(left)).toEqual([100]);
    expect(reports).toEqual([]);
  });

  it('touches no files but its own, and removes leftovers and expired files', async () => {
    const foreign = [join(folder, 'notes.txt'), join(own(), 'notes.txt'), join(folder, 'photos', 'a.state')];
    const leftover = join(own(), `.tmp-${'a'.repeat(16)}`);
    await mkdir(own());
    await mkdir(join(folder, 'photos'));
    const old = new Date(Date.now() - 400 * DAY_MS);
    for (const path of [...foreign, leftover]) {
      await writeFile(path, 'x');
      await utimes(path, old, old);
    }
    await (await open()).write(saved(1, 100));
    expect((await open({ now: Date.now() + 31 * DAY_MS })).entries).toEqual([]);
    for (const path of foreign) expect((await stat(path)).isFile()).toBe(true);
    expect(await readdir(own())).toEqual(['notes.txt']);
  });

  it('continues when its folder cannot be used', async () => {
    await writeFile(join(folder, 'file'), '');
    folder = join(folder, 'file');
    const cache = await open();
    await cache.write(saved(1, 100));
    await cache.trim();
    expect(cache.entries).toEqual([]);
    expect(reports.length).toBeGreaterThan(0);
    folder = join(folder, '..');
  });
});

describe('superfluousFiles', () => {
  it('keeps a smaller file where a bigger one does not fit', () => {
    const file = (bytes: number, usedAt: number) => ({ path: `/${'a'.repeat(64)}.state`, bytes, usedAt });
    const files = [file(50, 9), file(60, 8), file(40, 7)];
    expect(superfluousFiles(files, 100, 10)).toEqual([files[1]]);
  });
});
