import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { MAX_WORKERS, MAX_WORKERS_OF_OWNER, SLOW_FAILURE_MS, textLimits } from './limits.ts';
import { type Work, WorkerPool } from './worker-pool.ts';

const program = fileURLToPath(new URL('../../test/fakes/workers/worker-program.mjs', import.meta.url));
/** Enough to start a process on a busy machine. */
const LIMIT_MS = 700;

let pool: WorkerPool;
const start = (clock: Clock = systemClock) => {
  pool = new WorkerPool({ program, clock, logger: silentLogger });
};
afterEach(() => pool.close());

const work = (name: string, input?: unknown, rest: Partial<Work> = {}): Work => ({
  name,
  input,
  owner: 'somebody',
  limitMs: 60_000,
  subject: 'the test',
  blame: 'invalid-request',
  size: () => 0,
  identity: () => JSON.stringify([name, input]),
  ...rest,
});

const pids = (count: number, owner: (index: number) => string) =>
  Promise.all(
    Array.from({ length: count }, (_, index) => pool.run(work('pid', index, { owner: owner(index) }))),
  );

describe('WorkerPool', () => {
  it('returns what a task returns and throws what it throws, as the same kind of error', async () => {
    start();
    const value = { text: 'é', list: [1, undefined, Number.NaN] };
    expect(await pool.run(work('echo', value))).toEqual(value);
    await expect(pool.run(work('fail', 'no'))).rejects.toMatchObject({
      code: 'invalid-request',
      message: 'no',
    });
  });

  it('uses the process that has just been used, and more of them only at the same time', async () => {
    start();
    const first = await pool.run(work('pid'));
    expect(await pool.run(work('pid'))).toBe(first);
    const used = await pids(20, (index) => `owner ${index}`);
    expect(new Set(used).size).toBeLessThanOrEqual(MAX_WORKERS);
  });

  it('gives one owner only a part of the processes', async () => {
    start();
    expect(new Set(await pids(20, () => 'the same')).size).toBeLessThanOrEqual(MAX_WORKERS_OF_OWNER);
  });

  it('kills work that takes too long, remembers it, and goes on with other work', async () => {
    start();
    const endless = work('spin', undefined, { limitMs: LIMIT_MS, blame: 'internal' });
    const others = [1, 2, 3].map((index) => pool.run(work('echo', index)));
    await expect(pool.run(endless)).rejects.toMatchObject({
      code: 'internal',
      message: 'the test took longer than 0.7 s to compute: make it simpler',
    });
    expect(await Promise.all(others)).toEqual([1, 2, 3]);
    expect(await pool.run(work('echo', 'after'))).toBe('after');
  });

  it('refuses at once what failed slowly a moment ago', async () => {
    // Each look at the clock finds it later, so that all work seems to take half of what is slow, or twice as long.
    let [now, step] = [0, 2 * SLOW_FAILURE_MS];
    start({ ...systemClock, now: () => (now += step) });
    const slow = work('fail', 'slowly');
    await expect(pool.run(slow)).rejects.toThrow(/^slowly$/);
    await expect(pool.run(slow)).rejects.toThrow('slowly; it is not tried again for a minute');
    step = SLOW_FAILURE_MS / 2;
    await expect(pool.run(work('fail', 'quickly'))).rejects.toThrow('quickly');
    await expect(pool.run(work('fail', 'quickly'))).rejects.toThrow(/^quickly$/);
  });

  it('survives a task that fills its memory with large pieces', async () => {
    start();
    await expect(pool.run(work('grow'))).rejects.toThrow('took more than 256 MiB of memory');
    await expect(pool.run(work('grow'))).rejects.toThrow('not tried again for a minute');
    expect(await pool.run(work('echo', 1))).toBe(1);
  });

  it('survives a task that fills memory outside of the heap, where the system reports it', async ({
    skip,
  }) => {
    if (process.platform !== 'linux') skip('only Linux reports the memory of a process');
    const limits = { ...textLimits, residentMb: 300 };
    pool = new WorkerPool({ program, clock: systemClock, logger: silentLogger, limits });
    const growing = work('growBuffers', undefined, { advice: 'send less' });
    await expect(pool.run(growing)).rejects.toThrow('took more than 300 MiB of memory to compute: send less');
    expect(await pool.run(work('echo', 1))).toBe(1);
  });

  it('tries work a second time when its process ends for a reason outside, but not a third', async () => {
    start();
    await expect(pool.run(work('exit'))).rejects.toThrow('ended unexpectedly (exit code 7)');
    const pid = await pool.run(work('pid'));
    process.kill(Number(pid), 'SIGKILL');
    expect(await pool.run(work('echo', 'again'))).toBe('again');
  });

  it('stops waiting when the client leaves, and lets nobody wait after it was closed', async () => {
    start();
    const gone = new AbortController();
    const left = pool.run(work('spinBriefly', 300, { signal: gone.signal }));
    const never = pool.run(work('spin'));
    gone.abort();
    await expect(left).rejects.toMatchObject({ code: 'canceled' });
    pool.close();
    await expect(never).rejects.toMatchObject({ code: 'canceled' });
    await expect(pool.run(work('echo'))).rejects.toMatchObject({ code: 'canceled' });
  });

  it('ends the process of canceled work that would keep others waiting', async () => {
    const limits = { ...textLimits, workers: 1 };
    pool = new WorkerPool({ program, clock: systemClock, logger: silentLogger, limits });
    const gone = new AbortController();
    const pid = await pool.run(work('pid'));
    const left = pool.run(work('spin', undefined, { signal: gone.signal, endsWithSignal: true }));
    // By then it runs.
    await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    await expect(left).rejects.toMatchObject({ code: 'canceled' });
    expect(await pool.run(work('pid'))).not.toBe(pid);
  });

  it('passes none of the environment on, since it may hold secrets', async () => {
    start();
    process.env.SECRET_OF_THE_TEST = 'x';
    const names = await pool.run(work('environment'));
    delete process.env.SECRET_OF_THE_TEST;
    expect(names).not.toContain('SECRET_OF_THE_TEST');
    expect(names).not.toContain('HOME');
  });
});
