import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderLocks } from './folder-locks.ts';
import { isHeld, tryLockFile } from './lock-file.ts';

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

/** Spawns another process and returns the content of its lock file. */
async function holder(): Promise<{ child: ChildProcess; content: string }> {
  const release = await tryLockFile(join(folder, 'own'));
  const own = JSON.parse(await readFile(join(folder, 'own'), 'utf8'));
  await release?.();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
  children.push(child);
  await once(child, 'spawn');
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => '');
  const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return { child, content: JSON.stringify({ ...own, pid: child.pid, startedAt, token: 'theirs' }) };
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

describe('FolderLocks', () => {
  it('allows no removal during additions, and no new additions during a removal', async () => {
    const locks = new FolderLocks(folder);
    const another = new FolderLocks(folder);
    const first = await locks.use();
    const second = await another.use();
    let removals = 0;
    const remove = () => another.remove(async () => void removals++);
    expect(await remove()).toBe(false);
    await first();
    expect(await remove()).toBe(false);
    await second();
    const order: string[] = [];
    const removed = another.remove(async () => {
      const using = locks.use().then(async (release) => {
        order.push('used');
        await release();
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      order.push('removed');
      void using.then(() => order.push('end'));
    });
    expect(await removed).toBe(true);
    await expect.poll(() => order).toEqual(['removed', 'used', 'end']);
    expect(removals).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('waits for a process that adds until that process dies', async () => {
    const locks = new FolderLocks(folder);
    const { child, content } = await holder();
    await writeFile(join(folder, `use-${'0'.repeat(32)}`), content);
    expect(await locks.remove(async () => undefined)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await locks.remove(async () => undefined)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('runs work of the same name one at a time', async () => {
    const [locks, another] = [new FolderLocks(folder), new FolderLocks(folder)];
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
    };
    await Promise.all([locks, another, locks].map((one) => one.exclusive('blob', undefined, work)));
    expect(most).toBe(1);
    const aborted = AbortSignal.abort();
    await expect(locks.exclusive('blob', aborted, work)).rejects.toThrow('canceled');
  });
});
