/** The children of a run's span: their order, and that they lie where things happened. */
import { describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import type { ReceivedSpan } from '../../test/fakes/servers/otlp-collector.ts';
import { startTracedServer, type TracedServer } from '../../test/fakes/servers/traced-server.ts';
import { createDeferred } from '../base/deferred.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { childSpans } from './child-spans.ts';

const record: RunRecord = {
  requestId: 'req_1',
  kind: 'chat',
  model: 'm:latest',
  client: '',
  priority: 0,
  asked: {},
  times: { started: 0, ended: 100 },
  loads: [],
  loadMs: 0,
  prefillMs: 0,
  decodeMs: 0,
  tokens: { prompt: 0, cached: 0, thinking: 0, output: 0 },
  drafts: { drafted: 0, accepted: 0 },
  calls: 0,
  outcome: 'stop',
};

describe('childSpans', () => {
  it('divides a run by what it waited for and what was computed', () => {
    const times = { started: 0, queued: 5, granted: 50, firstToken: 70, lastToken: 95, ended: 100 };
    expect(childSpans({ ...record, times, loads: [{ from: 10, to: 50 }], prefillMs: 15 })).toEqual([
      { name: 'queue', from: 5, to: 10 },
      { name: 'load', from: 10, to: 50 },
      { name: 'prefill', from: 55, to: 70 },
      { name: 'decode', from: 70, to: 95 },
    ]);
  });

  it('shows a wait for a slot after the load, and a second load for a longer context', () => {
    const times = { started: 0, queued: 5, granted: 80, firstToken: 90, lastToken: 95, ended: 100 };
    const loads = [
      { from: 10, to: 20 },
      { from: 40, to: 60 },
    ];
    expect(childSpans({ ...record, times, loads }).map(({ name, from, to }) => [name, from, to])).toEqual([
      ['queue', 5, 10],
      ['load', 10, 20],
      ['load', 40, 60],
      ['queue', 60, 80],
      ['prefill', 80, 90],
      ['decode', 90, 95],
    ]);
  });

  it('never lets the prefill begin before the model was there, whatever the engine reports', () => {
    const times = { started: 0, queued: 5, granted: 50, firstToken: 70, lastToken: 95, ended: 100 };
    expect(childSpans({ ...record, times, prefillMs: 1000 })[1]).toEqual({
      name: 'prefill',
      from: 50,
      to: 70,
    });
  });

  it.each([
    [{}, []],
    [{ queued: 5 }, [['queue', 5, 100]]],
    [
      { queued: 5, granted: 50 },
      [
        ['queue', 5, 50],
        ['prefill', 50, 100],
      ],
    ],
    [
      { queued: 5, granted: 50, firstToken: 70 },
      [
        ['queue', 5, 50],
        ['prefill', 50, 70],
        ['decode', 70, 100],
      ],
    ],
  ])('ends the last phase of a canceled run with the run: %j', (reached, expected) => {
    const times = { started: 0, ended: 100, ...reached };
    const spans = childSpans({ ...record, times, outcome: 'canceled' });
    expect(spans.map(({ name, from, to }) => [name, from, to])).toEqual(expected);
  });

  it('has no prefill for a run that only loads, and no decode for vectors', () => {
    const times = { started: 0, queued: 5, granted: 50, ended: 100 };
    expect(childSpans({ ...record, times, outcome: 'load' }).map(({ name }) => name)).toEqual(['queue']);
    const embedding = {
      ...record,
      kind: 'embed',
      outcome: 'done',
      times: { ...times, firstToken: 99 },
    } as const;
    expect(childSpans(embedding).map(({ name }) => name)).toEqual(['queue', 'prefill']);
  });
});

/** Below what clocks of milliseconds, and rounding to microseconds, can tell. */
const TOLERANCE_MS = 0.01;

function expectWithin(server: TracedServer, span: ReceivedSpan): ReceivedSpan[] {
  const children = server.collector.childrenOf(span);
  let before = span.start;
  for (const child of children) {
    expect(child.traceId).toBe(span.traceId);
    expect(child.kind).toBe('internal');
    expect(child.attributes).toEqual({});
    expect(child.start).toBeGreaterThanOrEqual(before - TOLERANCE_MS);
    expect(child.end).toBeGreaterThanOrEqual(child.start);
    before = child.end;
  }
  expect(before).toBeLessThanOrEqual(span.end + TOLERANCE_MS);
  return children;
}

describe('spans at the collector', () => {
  it('have their phases within them, at the time of day at which they happened', async () => {
    const loading = createDeferred<void>();
    const runner = new ScriptRunner({ pieces: ['a', 'b', 'c'], delayMs: 30 });
    await using server = await startTracedServer(
      {},
      {
        load: async () => {
          await loading.promise;
          return runner;
        },
      },
    );
    const before = Date.now();
    const replies = ['one', 'two'].map((content) =>
      server.post('/api/chat', { model: 'm', messages: [{ role: 'user', content }] }).then((r) => r.text()),
    );
    // Both wait behind the load, and the second one for the only slot.
    await expect.poll(() => server.api.server.scheduler.waiting().length).toBe(2);
    loading.resolve();
    await Promise.all(replies);
    const after = Date.now();
    const runs = await server.collector.waitForRuns(2);
    const [first, second] = [...runs].sort((left, right) => left.end - right.end);
    if (!first || !second) throw new Error('two runs were expected');
    for (const run of runs) {
      // The clock of days may be one millisecond behind, because it counts whole ones.
      expect(run.start).toBeGreaterThanOrEqual(before - 1);
      expect(run.end).toBeLessThanOrEqual(after + 1);
    }
    expect([...new Set(expectWithin(server, first).map(({ name }) => name))]).toEqual([
      'queue',
      'load',
      'prefill',
      'decode',
    ]);
    const later = expectWithin(server, second);
    expect(later.map(({ name }) => name)).toEqual(['queue', 'load', 'queue', 'prefill', 'decode']);
    // The second one got the slot of the first one, which had begun to write by then.
    const granted = later[2]?.end ?? 0;
    const decode = server.collector.childrenOf(first).at(-1);
    expect(granted).toBeGreaterThan(decode?.start ?? Number.NaN);
  });
});
