import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LockHolder, spawnLockHolder } from '../../test/fakes/lock-holder.ts';
import { isHeld, tryLockFile } from './lock-file.ts';

const TAKERS = 6;
const TURNS = 30;

let folder: string;
let path: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'locks-'));
  path = join(folder, 'lock');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function holder(): Promise<LockHolder> {
  const started = await spawnLockHolder();
  children.push(started.child);
  return started;
}

describe('tryLockFile', () => {
  it('grants the lock to one holder at a time', async () => {
    const tries = await Promise.all(Array.from({ length: 10 }, () => tryLockFile(path)));
    const releases = tries.filter((release) => release !== undefined);
    expect(releases).toHaveLength(1);
    expect(await tryLockFile(path)).toBeUndefined();
    await releases[0]?.();
    expect(await readdir(folder)).toEqual([]);
    await (await tryLockFile(path))?.();
  });

  it('leaves no file behind when many take it and release it at once', async () => {
    let holders = 0;
    let taken = 0;
    const take = async () => {
      for (let done = 0; done < TURNS; ) {
        const release = await tryLockFile(path);
        if (!release) {
          await new Promise(setImmediate);
          continue;
        }
        holders += 1;
        expect(holders).toBe(1);
        await new Promise(setImmediate);
        holders -= 1;
        await release();
        done += 1;
        taken += 1;
      }
    };
    await Promise.all(Array.from({ length: TAKERS }, take));
    expect(taken).toBe(TAKERS * TURNS);
    expect(await readdir(folder)).toEqual([]);
  });

  it('respects a living process and takes over the lock of a dead one', async () => {
    const { child, content } = await holder();
    await writeFile(path, content);
    expect(await tryLockFile(path)).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const release = await tryLockFile(path);
    expect(release).toBeDefined();
    await release?.();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not fooled by a later process with the same ID', async () => {
    const { content } = await holder();
    await writeFile(path, JSON.stringify({ ...JSON.parse(content), startedAt: '1' }));
    expect(await isHeld(path)).toBe(false);
  });

  it('judges holders on other machines and unreadable files by the last touch', async () => {
    const { content } = await holder();
    for (const text of [JSON.stringify({ ...JSON.parse(content), place: 'elsewhere' }), '{']) {
      await writeFile(path, text);
      expect(await isHeld(path)).toBe(true);
      const before = Date.now() / 1000 - 120;
      await utimes(path, before, before);
      expect(await isHeld(path)).toBe(false);
    }
  });
});
