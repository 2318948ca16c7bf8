import { expect, it } from 'vitest';
import type { RunRecord } from '../runs/run-record.ts';
import { childSpans } from './child-spans.ts';

it('a run on upstreams has a client span for each that was asked, and none of an engine', () => {
  const call = { host: 'h', model: 'theirs' };
  const record = {
    times: { started: 0, queued: 1, granted: 2, firstToken: 8, lastToken: 9, ended: 10 },
    ...{ loads: [], prefillMs: 3, outcome: 'stop' },
    remoteCalls: [
      { ...call, upstream: 'first', from: 2, to: 3, error: 'it refuses connections' },
      { ...call, upstream: 'second', from: 4, to: 9 },
    ],
  } as unknown as RunRecord;
  const spans = childSpans(record);
  expect(spans.map(({ name, error }) => [name, error])).toEqual([
    ['queue', undefined],
    ['upstream', 'it refuses connections'],
    ['upstream', undefined],
  ]);
  expect(spans[1]?.attributes).toEqual({
    ...{ 'server.address': 'h', 'gen_ai.request.model': 'theirs', 'ollama.upstream': 'first' },
  });
});
