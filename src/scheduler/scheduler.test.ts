import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { FakeRunner } from '../../test/fakes/runners/fake-runner.ts';
import { fakeLoadTarget } from '../../test/fakes/scheduler/fake-load-target.ts';
import { schedulerSettings } from '../../test/fakes/scheduler/scheduler-settings.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import { OllamaError } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import type { LoadOptions } from '../protocol/load.ts';
import type { Runner } from '../runner/runner.ts';
import type { Effects } from './effects.ts';
import { Scheduler } from './scheduler.ts';
import type { SchedulerSettings } from './scheduler-settings.ts';

const HOUR_MS = 3_600_000;

interface PendingLoad {
  readonly plan: LoadOptions;
  readonly signal: AbortSignal;
  readonly result: Deferred<Runner>;
}

function setup(settings: Partial<SchedulerSettings> = {}, logger: Logger = silentLogger) {
  const loads: PendingLoad[] = [];
  const clock = new FakeClock();
  const effects: Effects = {
    freeMemory: () => ({ systemBytes: 1000, gpus: [] }),
    refreshDevices: () => undefined,
    load: (plan, signal) => {
      const result = createDeferred<Runner>();
      signal.addEventListener('abort', () => result.reject(new OllamaError('canceled', 'stopped')));
      loads.push({ plan, signal, result });
      return result.promise;
    },
  };
  const scheduler = new Scheduler({
    effects,
    settings: schedulerSettings(settings),
    clock,
    logger,
  });
  const finishLoad = (index: number, runner = new FakeRunner()) => {
    loads[index]?.result.resolve(runner);
    return runner;
  };
  return { scheduler, loads, clock, finishLoad };
}

const a = fakeLoadTarget('a');
const b = fakeLoadTarget('b');

describe('Scheduler', () => {
  it('watches the steps of the runners that there are, and of those that come', async () => {
    const { scheduler, finishLoad } = setup();
    const pending = [scheduler.acquire({ model: a }), scheduler.acquire({ model: b, run: 5 })];
    const first = finishLoad(0);
    await pending[0];
    scheduler.watchSteps(true);
    expect(scheduler.waiting()).toMatchObject([{ name: b.name, run: 5, reason: 'load' }]);
    const second = finishLoad(1);
    await pending[1];
    scheduler.watchSteps(false);
    expect([first.watched, second.watched]).toEqual([
      [true, false],
      [true, false],
    ]);
  });

  it('passes the plan with its slots to the loader, and the runner to the lease', async () => {
    const { scheduler, loads, finishLoad } = setup({ numParallel: 3 });
    const pending = scheduler.acquire({ model: a });
    expect(loads[0]?.plan).toEqual({ ...a.load, slots: 3, useMmap: true });
    const runner = finishLoad(0);
    const lease = await pending;
    expect(lease.runner).toBe(runner);
    expect(lease.loadNanoseconds).toBeGreaterThan(0);
  });

  it('knows how late its next decision is', async () => {
    const { scheduler, clock, finishLoad } = setup();
    const pending = scheduler.acquire({ model: a, keepAliveMs: 1000 });
    finishLoad(0);
    const lease = await pending;
    expect(scheduler.lateMs()).toBe(0);
    // No timer fires any more.
    clock.after = () => () => undefined;
    lease.release();
    clock.advance(1000);
    expect(scheduler.lateMs()).toBe(0);
    clock.advance(60_000);
    expect(scheduler.lateMs()).toBe(60_000);
  });

  it('says once per load why nothing can be drafted for a model', async () => {
    const lines: unknown[] = [];
    const info = (message: string, fields: unknown) => lines.push([message, fields]);
    const { scheduler, finishLoad } = setup({ numParallel: 2 }, { ...silentLogger, info });
    const model = { ...a, draftProblem: 'it is recurrent' };
    const first = scheduler.acquire({ model });
    const second = scheduler.acquire({ model });
    finishLoad(0);
    await Promise.all([first, second]);
    const line = ['nothing is drafted for the model', { model: a.name, reason: 'it is recurrent' }];
    expect(lines.filter((found) => JSON.stringify(found) === JSON.stringify(line))).toHaveLength(1);
  });

  it('stops an idle runner when its keep-alive has passed, counted from the release of its lease', async () => {
    const { scheduler, clock, finishLoad } = setup();
    const pending = scheduler.acquire({ model: a, keepAliveMs: 1000 });
    const runner = finishLoad(0);
    const lease = await pending;
    clock.advance(60_000);
    expect(runner.stopped).toBe(false);
    lease.release();
    lease.release();
    clock.advance(999);
    expect(runner.stopped).toBe(false);
    clock.advance(1);
    expect(runner.stopped).toBe(true);
    await setImmediate();
    expect(scheduler.running()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('releases a lease at the end of an `await using` block', async () => {
    const { scheduler, finishLoad } = setup();
    const pending = scheduler.acquire({ model: a, keepAliveMs: 0 });
    const runner = finishLoad(0);
    {
      await using lease = await pending;
      expect(lease.runner).toBe(runner);
      expect(runner.stopped).toBe(false);
    }
    expect(runner.stopped).toBe(true);
  });

  it('cancels a wait when its client disconnects, and stops the load that no request waits for', async () => {
    const { scheduler, loads } = setup();
    const client = new AbortController();
    const pending = scheduler.acquire({ model: a, signal: client.signal });
    client.abort();
    await expect(pending).rejects.toMatchObject({ code: 'canceled' });
    expect(loads[0]?.signal.aborted).toBe(true);
    await setImmediate();
    expect(scheduler.running()).toEqual([]);
  });

  it('continues a load while one of its clients still waits', async () => {
    const { scheduler, loads, finishLoad } = setup();
    const client = new AbortController();
    const leaving = scheduler.acquire({ model: a, signal: client.signal });
    const staying = scheduler.acquire({ model: a });
    client.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'canceled' });
    expect(loads[0]?.signal.aborted).toBe(false);
    const runner = finishLoad(0);
    expect((await staying).runner).toBe(runner);
  });

  it('stops a runner that started although its load had been cancelled', async () => {
    const { scheduler, loads, finishLoad } = setup();
    const client = new AbortController();
    const pending = scheduler.acquire({ model: a, signal: client.signal });
    const runner = finishLoad(0);
    client.abort();
    await expect(pending).rejects.toMatchObject({ code: 'canceled' });
    await setImmediate();
    expect(loads).toHaveLength(1);
    expect(runner.stopped).toBe(true);
    expect(scheduler.running()).toEqual([]);
  });

  it('refuses a request whose client has disconnected already, and loads nothing', async () => {
    const { scheduler, loads } = setup();
    const left = scheduler.acquire({ model: a, signal: AbortSignal.abort() });
    await expect(left).rejects.toMatchObject({ code: 'canceled' });
    expect(loads).toHaveLength(0);
  });

  it('rejects all waiting requests with the error of a failed load', async () => {
    const { scheduler, loads } = setup();
    const error = new OllamaError('load-failed', 'broken file');
    const waiting = [scheduler.acquire({ model: a }), scheduler.acquire({ model: a })];
    loads[0]?.result.reject(error);
    for (const wait of waiting) await expect(wait).rejects.toBe(error);
    const again = scheduler.acquire({ model: a });
    expect(loads).toHaveLength(2);
    loads[1]?.result.reject(error);
    await expect(again).rejects.toBe(error);
  });

  it('forgets a crashed runner immediately; the next request loads the model again', async () => {
    const { scheduler, loads, finishLoad } = setup();
    const pending = scheduler.acquire({ model: a });
    const runner = finishLoad(0);
    const lease = await pending;
    runner.crash();
    await setImmediate();
    expect(scheduler.running()).toEqual([]);
    const next = scheduler.acquire({ model: a });
    lease.release();
    expect(loads).toHaveLength(2);
    const fresh = finishLoad(1);
    expect((await next).runner).toBe(fresh);
  });

  it('describes loading, busy and pinned models', async () => {
    const { scheduler, clock, finishLoad } = setup();
    const pending = scheduler.acquire({ model: a, keepAliveMs: 1000 });
    void scheduler.acquire({ model: b, keepAliveMs: Number.POSITIVE_INFINITY });
    finishLoad(0, new FakeRunner({ contextLength: 512, memoryBytes: 77, gpuMemoryBytes: 7 }));
    await pending;
    const [busy, loading] = scheduler.running();
    expect(busy).toMatchObject({
      name: 'a',
      loading: false,
      sizeBytes: 77,
      gpuBytes: 7,
      contextLength: 512,
      activeRequests: 1,
      expiresAt: new Date(clock.date() + 1000),
    });
    expect(loading).toMatchObject({ name: 'b', loading: true, sizeBytes: 1, expiresAt: 'forever' });
  });

  it('shows a model that stays beyond the year 9999 as one that stays forever', async () => {
    const { scheduler } = setup();
    void scheduler.acquire({ model: a, keepAliveMs: 1e15 });
    expect(scheduler.running()[0]?.expiresAt).toBe('forever');
  });

  it.each([
    ['forward', 1],
    ['backward', -1],
  ])('keeps an idle model for its time when the time of day jumps an hour %s', async (_, direction) => {
    const { scheduler, clock, finishLoad } = setup();
    const pending = scheduler.acquire({ model: a, keepAliveMs: 10_000 });
    const runner = finishLoad(0);
    (await pending).release();
    clock.advance(4000);
    clock.setDate(clock.date() + direction * HOUR_MS);
    expect(scheduler.running()[0]?.expiresAt).toEqual(new Date(clock.date() + 6000));
    // An event, after which the scheduler looks at all times again.
    scheduler.unload('another');
    clock.advance(5999);
    expect(runner.stopped).toBe(false);
    clock.advance(1);
    expect(runner.stopped).toBe(true);
  });

  it('measures waits by a clock that does not jump', async () => {
    const { scheduler, clock } = setup();
    scheduler.acquire({ model: a }).catch(() => undefined);
    clock.advance(2000);
    clock.setDate(clock.date() - HOUR_MS);
    expect(scheduler.waiting()[0]?.waitedMs).toBe(2000);
  });

  it('closes only when every process has exited', async () => {
    const { scheduler, clock, loads, finishLoad } = setup();
    const pending = scheduler.acquire({ model: a });
    const runner = finishLoad(0);
    await pending;
    const waiting = scheduler.acquire({ model: b });
    const closing = scheduler.close();
    await expect(waiting).rejects.toMatchObject({ code: 'busy' });
    await closing;
    await scheduler.close();
    expect(runner.stopped).toBe(true);
    expect(loads[1]?.signal.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
    await expect(scheduler.acquire({ model: a })).rejects.toMatchObject({ code: 'busy' });
  });
});
