import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import type { EngineEvent } from '../api/engine-events.ts';
import type { StepReport } from '../protocol/step-report.ts';
import type { LiveRunner, LiveWaiting } from './engine-state.ts';
import { EngineWatch, MOST_WATCHERS, MOST_WATCHERS_OF_KEY } from './engine-watch.ts';
import { LiveRuns, type Viewer } from './live-runs.ts';

const GIB = 1024 ** 3;
const everything: Viewer = { seesAll: false, mayUse: () => true };

const runner = (id: number, name: string, more: Partial<LiveRunner> = {}): LiveRunner => ({
  ...{ id, name, state: 'ready', isLeaving: false, loadedFraction: 1, loadStarted: 100, loadEnded: 200 },
  ...{ contextLength: 100, slots: 2 },
  memory: [{ device: 'system', weights: 7, cache: 2000, compute: 3, other: 4 }],
  ...more,
});

const share = (run: number, slot = 0) => ({
  ...{ run, slot, prefillMs: 1.005, decodeMs: 2, prefillTokens: 3, decodeTokens: 4 },
  ...{ draftTaken: 1, draftRefused: 2 },
});

function report(run: number): StepReport {
  return {
    groups: [{ startedAt: 5000, milliseconds: 90, calls: 2, tokens: 8, shares: [share(run)] }],
    prompts: [{ run, slot: 0, at: 4999, tokens: 30, reused: 20, source: 'disk' }],
    slots: [
      { run, tokens: 40, shared: 10, promptTokens: 30 },
      { tokens: 10, shared: 10, promptTokens: 8 },
    ],
    stored: { hostBytes: 11, hostEntries: 2, diskEntries: 3 },
  };
}

function watched() {
  const clock = new FakeClock();
  const runs = new LiveRuns();
  const switches: boolean[] = [];
  const now = { runners: [] as LiveRunner[], waiting: [] as LiveWaiting[] };
  const watch = new EngineWatch({
    source: {
      runners: () => now.runners,
      waiting: () => now.waiting,
      devices: () => [{ device: 'system', totalBytes: 8 * GIB, freeBytes: 4 * GIB }],
      diskBytes: () => 12,
      watchSteps: (isWatched) => switches.push(isWatched),
    },
    runs,
    clock,
  });
  return { clock, runs, switches, now, watch };
}

async function open(watch: EngineWatch, viewer = everything) {
  const abort = new AbortController();
  const events = watch.watch(viewer, abort.signal);
  const hello = (await events.next()).value as EngineEvent;
  const leave = async () => {
    abort.abort();
    await events.return();
  };
  return { events, hello, leave };
}

/** Reads until an event of this type comes, while time goes on. */
async function nextOf<Type extends EngineEvent['type']>(
  clock: FakeClock,
  events: AsyncGenerator<EngineEvent, void>,
  type: Type,
): Promise<EngineEvent & { type: Type }> {
  for (;;) {
    let value: EngineEvent | undefined;
    const reading = events.next().then((next) => {
      value = next.value ?? undefined;
    });
    while (value === undefined) {
      clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reading;
    if (value.type === type) return value as EngineEvent & { type: Type };
  }
}

describe('EngineWatch', () => {
  it('asks the runners for their steps only while somebody watches', async () => {
    const { watch, switches, clock } = watched();
    const [one, other] = [await open(watch), await open(watch)];
    expect(switches).toEqual([true]);
    await one.leave();
    expect(switches).toEqual([true]);
    await other.leave();
    expect(switches).toEqual([true, false]);
    expect(clock.pendingTimers).toBe(0);
    await (await open(watch)).leave();
    expect(switches).toEqual([true, false, true, false]);
  });

  it('begins with a state, and sends another when it has changed', async () => {
    const { watch, clock, now } = watched();
    const { events, hello, leave } = await open(watch);
    expect(hello).toMatchObject({
      ...{ type: 'hello', version: 1, history_seconds: 300, history: [] },
      state: { runners: [], queue: [], disk_cache_bytes: 12 },
    });
    now.runners = [runner(3, 'm')];
    const state = await nextOf(clock, events, 'state');
    expect(state.runners).toMatchObject([{ runner: 3, model: 'm', slots: [{ tokens: 0 }, { tokens: 0 }] }]);
    expect(state.runners[0]?.load_started_at).toBe(clock.date() - clock.now() + 100);
    await leave();
  });

  it('shows blocks, prompts, slots and their memory as the runner reports them', async () => {
    const { watch, clock, now, runs } = watched();
    now.runners = [runner(3, 'm')];
    const { events, leave } = await open(watch);
    const run = runs.began({ requestId: 'r', kind: 'chat', model: 'm' });
    watch.stepped(3, report(run));
    const steps = await nextOf(clock, events, 'steps');
    expect(steps).toEqual({
      type: 'steps',
      blocks: [
        {
          ...{ runner: 3, started_at: 5000, duration_ms: 90, calls: 2, tokens: 8 },
          shares: [
            {
              ...{ run, slot: 0, prefill_ms: 1, decode_ms: 2, prefill_tokens: 3, decode_tokens: 4 },
              ...{ draft_taken: 1, draft_refused: 2 },
            },
          ],
        },
      ],
      runs: [{ run, kind: 'chat', model: 'm', request_id: 'r', anonymous: false }],
    });
    const { prompts } = await nextOf(clock, events, 'prompts');
    expect(prompts).toEqual([
      {
        ...{ runner: 3, run, slot: 0, at: 4999 },
        ...{ slot_tokens: 0, memory_tokens: 0, disk_tokens: 20, computed_tokens: 10 },
      },
    ]);
    const { runners } = await nextOf(clock, events, 'state');
    expect(runners).toMatchObject([
      {
        slots: [
          { slot: 0, run, tokens: 40, shared_tokens: 10, prompt_tokens: 30 },
          { slot: 1, tokens: 10 },
        ],
        memory: [{ kv_bytes: 2000, kv_held_bytes: 400, kv_idle_bytes: 100, other_bytes: 4 }],
        host_cache: { bytes: 11, conversations: 2 },
        disk_cache: { conversations: 3 },
      },
    ]);
    await leave();
  });

  it('says why requests wait, and for which models', async () => {
    const { watch, now, runs } = watched();
    const run = runs.began({ requestId: 'r', kind: 'chat', model: 'big' });
    now.runners = [runner(1, 'old', { isLeaving: true }), runner(2, 'kept')];
    now.waiting = [
      { name: 'big', run, priority: 1, since: 4000, reason: 'memory' },
      { name: 'kept', priority: 0, since: 4500, reason: 'slot' },
    ];
    const { hello, leave } = await open(watch);
    expect(hello).toMatchObject({
      state: {
        queue: [
          { run, position: 1, model: 'big', priority: 1, waits_for: 'memory', unloading: ['old'] },
          { position: 2, model: 'kept', waits_for: 'slot' },
        ],
        runs: [{ run, request_id: 'r' }],
      },
    });
    await leave();
  });

  it('shows runs of other keys without names, except to an administrator', async () => {
    const { watch, clock, now, runs } = watched();
    now.runners = [runner(3, 'm')];
    const watchers = [
      await open(watch, { ...everything, keyId: 'anna' }),
      await open(watch, { ...everything, keyId: 'root', seesAll: true }),
      await open(watch, everything),
    ];
    const run = runs.began({ requestId: 'r', kind: 'chat', model: 'm', keyId: 'ben', keyName: "Ben's" });
    watch.stepped(3, report(run));
    const shown: unknown[] = [];
    for (const { events } of watchers) shown.push((await nextOf(clock, events, 'steps')).runs);
    const anonymous = [{ run, kind: 'chat', model: 'm', anonymous: true }];
    const named = [{ run, kind: 'chat', model: 'm', request_id: 'r', key: "Ben's", anonymous: false }];
    expect(shown).toEqual([anonymous, named, anonymous]);
    for (const { leave } of watchers) await leave();
  });

  it('leaves out the models that a key may not use', async () => {
    const { watch, clock, now, runs } = watched();
    now.runners = [runner(1, 'secret'), runner(2, 'open')];
    now.waiting = [{ name: 'secret', priority: 0, since: 0, reason: 'slot' }];
    const viewer = { keyId: 'anna', seesAll: false, mayUse: (model?: string) => model === 'open' };
    const { events, hello, leave } = await open(watch, viewer);
    const run = runs.began({ requestId: 'r', kind: 'chat', model: 'secret' });
    watch.firstToken('secret', 5);
    watch.stepped(1, report(run));
    watch.stepped(2, report(0));
    const steps = await nextOf(clock, events, 'steps');
    const prompts = await nextOf(clock, events, 'prompts');
    expect(JSON.stringify([hello, steps, prompts])).not.toContain('secret');
    expect(steps.blocks.map(({ runner: id }) => id)).toEqual([2]);
    expect(prompts.prompts.map(({ runner: id }) => id)).toEqual([2]);
    await leave();
  });

  it('goes on with the series while nobody watches, and sends a point for each later second', async () => {
    const { watch, clock } = watched();
    watch.firstToken('m', 40);
    clock.advance(5000);
    const { events, hello, leave } = await open(watch);
    const { history } = hello as EngineEvent & { type: 'hello' };
    expect(history).toHaveLength(4);
    expect(history[0]?.models).toMatchObject([{ model: 'm', first_token_p50_ms: 40 }]);
    const point = await nextOf(clock, events, 'point');
    expect(point.at).toBe((history.at(-1)?.at ?? 0) + 1000);
    await leave();
  });

  it('keeps places for others when one key watches from many clients', async () => {
    const { watch } = watched();
    const anna = { ...everything, keyId: 'anna' };
    for (let count = 0; count < MOST_WATCHERS_OF_KEY; count++) await open(watch, anna);
    await expect(open(watch, anna)).rejects.toThrow('more than 8 clients with this API key');
    await (await open(watch, { ...everything, keyId: 'ben' })).leave();
    watch.close();
  });

  it('ends every stream when the server stops, and refuses more clients than it can serve', async () => {
    const { watch, switches } = watched();
    const watchers: Awaited<ReturnType<typeof open>>[] = [];
    for (let count = 0; count < MOST_WATCHERS; count++) watchers.push(await open(watch));
    await expect(open(watch)).rejects.toThrow('more than 32 clients watch');
    const waiting = watchers.map(({ events }) => events.next());
    watch.close();
    for (const next of await Promise.all(waiting)) expect(next.done).toBe(true);
    expect(switches).toEqual([true, false]);
  });
});
