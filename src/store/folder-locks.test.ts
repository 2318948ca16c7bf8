import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LockHolder, spawnLockHolder } from '../../test/fakes/lock-holder.ts';
import { createDeferred } from '../base/deferred.ts';
import { FolderLocks } from './folder-locks.ts';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-locks-'));
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

  it('lets one that adds go on although others want to remove all the time', async () => {
    const remover = new FolderLocks(folder);
    let removals = 0;
    const begun = createDeferred<void>();
    const mayEnd = createDeferred<void>();
    const first = remover.remove(async () => {
      begun.resolve();
      await mayEnd.promise;
    });
    await begun.promise;
    const using = new FolderLocks(folder).use();
    await expect.poll(() => readdir(folder)).toContainEqual(expect.stringMatching(/^use-[0-9a-f]{32}$/));
    mayEnd.resolve();
    expect(await first).toBe(true);
    // On Windows, the name stays until those that read the file have closed it.
    await expect.poll(() => readdir(folder)).not.toContain('remove');
    // From here on, nobody even locks the removal, whenever the one that adds looks.
    for (let turn = 0; turn < 20; turn++) {
      const removing = new FolderLocks(folder).remove(async () => void removals++);
      expect(await readdir(folder)).not.toContain('remove');
      expect(await removing).toBe(false);
    }
    await (await using)();
    expect(removals).toBe(0);
  });

  it('lets processes remove in the order in which they asked, however often one of them asks', async () => {
    const order: string[] = [];
    const mayEnd = createDeferred<void>();
    const begun = createDeferred<void>();
    const greedy = new FolderLocks(folder);
    const first = greedy.remove(async () => {
      begun.resolve();
      await mayEnd.promise;
    });
    await begun.promise;
    const others = ['one', 'two'].map((name) => ({ name, locks: new FolderLocks(folder) }));
    const removals: Promise<boolean>[] = [];
    for (const [index, { name, locks }] of others.entries()) {
      removals.push(locks.remove(async () => void order.push(name)));
      const turns = async () =>
        (await readdir(folder)).filter((file) => /^turn-\d+-[0-9a-f]{32}$/.test(file));
      await expect.poll(turns).toHaveLength(index + 1);
    }
    for (let again = 0; again < 3; again++)
      removals.push(greedy.remove(async () => void order.push('greedy')));
    mayEnd.resolve();
    expect(await Promise.all([first, ...removals])).not.toContain(false);
    expect(order).toEqual(['one', 'two', 'greedy', 'greedy', 'greedy']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('waits for no turn of a dead process', async () => {
    const { child, content } = await holder();
    await writeFile(join(folder, `turn-1-${'0'.repeat(32)}`), content);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await new FolderLocks(folder).remove(async () => undefined)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });
});
