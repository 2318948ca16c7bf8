import { describe, expect, it } from 'vitest';
import type { HeldReport } from '../protocol/held-report.ts';
import { EventLog } from './event-log.ts';
import { EventStream, topicPrefix } from './event-stream.ts';

const options = { blockSize: 2, seed: 's', topic: 'kv@h@{model}' };
const report = (holding: number, ...added: number[]): HeldReport => ({
  isFirst: false,
  changes: [{ holding, medium: 'GPU', salt: '', kept: 0, added }],
  gone: [],
});
const asked = (number: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
};
const numbers = (messages: Iterable<readonly Buffer[]> | undefined) =>
  messages && [...messages].map(([, number]) => Number(number?.readBigInt64BE()));

describe('EventStream', () => {
  it('numbers its messages from 0, with the model in the topic', () => {
    const stream = new EventStream(options, () => 1.5);
    const messages = [stream.report(1, 'a', report(1, 1, 2)), stream.report(2, 'b', report(1, 3, 4))];
    expect(messages.map((message) => message?.[0].toString())).toEqual(['kv@h@a', 'kv@h@b']);
    expect(numbers(messages.filter((message) => message !== undefined))).toEqual([0, 1]);
    expect(stream.report(1, 'a', report(2, 1, 2))).toBeUndefined();
    expect(topicPrefix(options.topic)).toBe('kv@h@');
    expect(topicPrefix('fixed')).toBe('fixed');
  });

  it('repeats its messages from any number on, and ends with -1', () => {
    const stream = new EventStream(options, () => 1.5);
    const sent = [1, 2, 3].map((holding) => stream.report(1, 'a', report(holding, holding, 9)));
    expect([...(stream.replay(asked(1)) ?? [])].slice(0, 2)).toEqual(sent.slice(1));
    expect(numbers(stream.replay(asked(0)))).toEqual([0, 1, 2, -1]);
    expect(numbers(stream.replay(asked(3)))).toEqual([-1]);
    expect(numbers(stream.replay(asked(2 ** 52)))).toEqual([-1]);
    for (const wrong of [undefined, Buffer.alloc(0), Buffer.alloc(9)])
      expect(stream.replay(wrong)).toBeUndefined();
  });

  it('sends everything that is stored in place of messages that it no longer has', () => {
    const log = new EventLog({ batches: 2, bytes: 1e6 });
    const stream = new EventStream(options, () => 1.5, log);
    for (let holding = 0; holding < 9; holding++) stream.report(1, 'a', report(holding, holding, 9));
    expect(numbers(stream.replay(asked(7)))).toEqual([7, 8, -1]);
    const replayed = [...(stream.replay(asked(3)) ?? [])];
    expect(numbers(replayed)).toEqual([8, -1]);
    expect(replayed[0]?.[2].toString('latin1').split('BlockStored')).toHaveLength(10);
    expect(replayed[0]?.[2].toString('latin1')).toContain('AllBlocksCleared');
  });

  it('makes that message once for many who ask, and adds what came since', () => {
    const stream = new EventStream(options, () => now++, new EventLog({ batches: 4, bytes: 1e6 }));
    let now = 0;
    const add = (holding: number) => stream.report(1, 'a', report(holding, holding, 9));
    for (let holding = 0; holding < 9; holding++) add(holding);
    const [first] = stream.replay(asked(0)) ?? [];
    for (let time = 0; time < 3; time++) expect([...(stream.replay(asked(time)) ?? [])][0]).toEqual(first);
    add(9);
    add(10);
    const later = [...(stream.replay(asked(1)) ?? [])];
    expect(numbers(later)).toEqual([8, 9, 10, -1]);
    expect(later[0]).toEqual(first);
    for (let holding = 11; holding < 15; holding++) add(holding);
    expect(numbers(stream.replay(asked(1)))).toEqual([14, -1]);
  });

  it('goes on with everything that is stored for a reader that is slower than the log forgets', () => {
    const stream = new EventStream(options, () => 1.5, new EventLog({ batches: 3, bytes: 1e6 }));
    for (let holding = 0; holding < 3; holding++) stream.report(1, 'a', report(holding, holding, 9));
    const reader = stream.replay(asked(0))?.[Symbol.iterator]();
    const next = () => numbers([reader?.next().value ?? []]);
    expect(next()).toEqual([0]);
    for (let holding = 3; holding < 9; holding++) stream.report(1, 'a', report(holding, holding, 9));
    expect([next(), next()]).toEqual([[8], [-1]]);
  });
});

describe('EventLog', () => {
  it('keeps the latest batches within both limits', () => {
    const log = new EventLog({ batches: 3, bytes: 25 });
    const add = (bytes: number) => log.add(Buffer.from('t'), Buffer.alloc(bytes));
    for (let count = 0; count < 20; count++) add(1);
    const kept = () =>
      Array.from({ length: 25 }, (_, number) => log.at(number)?.number).filter((one) => one !== undefined);
    expect(kept()).toEqual([17, 18, 19]);
    add(24);
    expect(kept()).toEqual([19, 20]);
    add(100);
    expect(kept()).toEqual([21]);
  });
});
