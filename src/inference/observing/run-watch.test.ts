import { describe, expect, it } from 'vitest';
import type { CallerKey } from '../../access/caller-key.ts';
import { OllamaError } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import type { RunObserver, RunRecord } from '../../runs/run-record.ts';
import { RunWatch } from './run-watch.ts';
import { watched } from './watched.ts';

const caller = { signal: new AbortController().signal, client: 'ann', priority: 1, requestId: 'req_1' };
const timings = {
  promptTokens: 10,
  cachedTokens: 4,
  promptNanoseconds: 2e6,
  draftedTokens: 3,
  acceptedTokens: 2,
  completionTokens: 7,
  thinkingTokens: 5,
  completionNanoseconds: 9e6,
};

function observing(...others: RunObserver[]) {
  const records: RunRecord[] = [];
  const observer: RunObserver = { ended: (record) => records.push(record) };
  return { records, parts: { logger: silentLogger, observers: [...others, observer] } };
}

describe('RunWatch', () => {
  it('tells once what a finished run took, with its times in their order', () => {
    const { records, parts } = observing();
    const watch = new RunWatch({ kind: 'chat', caller }, parts);
    watch.found('smol:latest');
    watch.queued();
    watch.granted({ from: 1, to: 13 });
    watch.prompted(10);
    watch.text();
    watch.completed('length', timings);
    watch.end();
    watch.end();
    expect(records).toHaveLength(1);
    const [record] = records;
    expect(record).toMatchObject({
      requestId: 'req_1',
      kind: 'chat',
      model: 'smol:latest',
      client: 'ann',
      priority: 1,
      loadMs: 12,
      prefillMs: 2,
      decodeMs: 9,
      tokens: { prompt: 10, cached: 4, thinking: 5, output: 7 },
      drafts: { drafted: 3, accepted: 2 },
      outcome: 'length',
    });
    const { started, queued, granted, firstToken, lastToken, ended } = record?.times ?? {};
    const inOrder = [started, queued, granted, firstToken, lastToken, ended].map(Number);
    expect(inOrder).toEqual([...inOrder].sort((left, right) => left - right));
  });

  it('tells a follower when the run asks for its model, when its answer begins, and when it ends', () => {
    const told: unknown[] = [];
    const follower = {
      began: (run: object) => {
        told.push(run);
        return 7;
      },
      firstToken: (run: number, milliseconds: number) => told.push([run, milliseconds >= 0]),
      ended: (run: number) => told.push(run),
    };
    const key = { id: 'key_1', name: 'anna' } as CallerKey;
    const watch = new RunWatch(
      { kind: 'chat', caller: { ...caller, key } },
      { ...observing().parts, follower },
    );
    watch.found('smol:latest');
    expect(watch.number).toBeUndefined();
    watch.queued();
    watch.queued();
    expect(watch.number).toBe(7);
    watch.text();
    watch.text();
    watch.end();
    watch.end();
    const run = { requestId: 'req_1', kind: 'chat', model: 'smol:latest', keyId: 'key_1', keyName: 'anna' };
    expect(told).toEqual([run, [7, true], 7]);
  });

  it('takes a run whose reader left as canceled, with what had come until then', () => {
    const { records, parts } = observing();
    const watch = new RunWatch({ kind: 'generate', caller }, parts);
    watch.prompted(10);
    watch.text();
    watch.text();
    watch.end();
    expect(records[0]).toMatchObject({ outcome: 'canceled', tokens: { prompt: 10, output: 2 } });
    expect(records[0]?.model).toBeUndefined();
  });

  it('tells whose fault a failure was', async () => {
    const { records, parts } = observing();
    const failures = [
      new OllamaError('not-found', 'no'),
      new OllamaError('runner-failed', 'crash'),
      new OllamaError('canceled', 'gone'),
      new TypeError('a bug'),
    ];
    for (const failure of failures) {
      await expect(watched({ kind: 'embed', caller }, parts, () => Promise.reject(failure))).rejects.toBe(
        failure,
      );
    }
    expect(records.map(({ outcome, error }) => [outcome, error?.message])).toEqual([
      ['refused', 'no'],
      ['failed', 'crash'],
      ['canceled', undefined],
      ['failed', 'a bug'],
    ]);
  });

  it('ends a run although an observer throws, and tells the others', async () => {
    const { records, parts } = observing({
      ended: () => {
        throw new Error('cannot count');
      },
    });
    const result = await watched({ kind: 'rerank', caller }, parts, async (watch) => {
      watch.done('done', 3);
      return 'scores';
    });
    expect(result).toBe('scores');
    expect(records).toMatchObject([{ outcome: 'done', tokens: { prompt: 3 } }]);
  });
});

describe('what is said in a run', () => {
  const request = { model: 'smol', messages: [{ role: 'user', content: 'hi' }] };
  const call = { id: 'call_1', function: { name: 'weather', arguments: {} } };

  it('is kept for an observer that wants it, with the calls of the answer', () => {
    const { records, parts } = observing({ wantsContent: true, ended: () => undefined });
    const watch = new RunWatch({ kind: 'chat', caller, request }, parts);
    watch.said({ content: '', thinking: 'Hm', calls: [] });
    watch.said({ content: 'Hel', thinking: '', calls: [] });
    watch.said({ content: 'lo', thinking: '', calls: [call] });
    watch.completed('stop', timings);
    watch.end();
    const answer = { role: 'assistant', content: 'Hello', thinking: 'Hm', tool_calls: [call] };
    expect(records[0]).toMatchObject({ calls: 1, content: { request, answer } });
  });

  it('is not kept for others, and never without limit', () => {
    const plain = observing();
    const watch = new RunWatch({ kind: 'chat', caller, request }, plain.parts);
    watch.said({ content: 'Hello', thinking: '', calls: [call, call] });
    watch.end();
    expect(plain.records[0]).toMatchObject({ calls: 2 });
    expect(plain.records[0]).not.toHaveProperty('content');

    const curious = observing({ wantsContent: true, ended: () => undefined });
    const long = new RunWatch({ kind: 'chat', caller, request }, curious.parts);
    for (let piece = 0; piece < 300; piece++) {
      long.said({ content: 'x'.repeat(1024), thinking: 'y'.repeat(1024), calls: [call] });
    }
    long.end();
    const { answer } = curious.records[0]?.content ?? {};
    expect(answer?.content).toHaveLength(64 * 1024);
    expect(answer?.thinking).toHaveLength(64 * 1024);
    expect(answer?.tool_calls).toHaveLength(100);
  });
});
