import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { createDeferred } from '../base/deferred.ts';
import { OllamaError } from '../base/errors.ts';
import { BatchRun, type RunEnd } from './batch-run.ts';
import type { PreparedLine } from './prepared-input.ts';
import type { LineRequest, SentReply } from './send-line.ts';

const ID = `batch_${'0a'.repeat(12)}`;
const reply = (status: number, body = '{}'): SentReply => ({ status, requestId: 'r', body });

class File {
  readonly lines: string[] = [];
  readonly answered: ReadonlySet<number>;
  constructor(...answered: number[]) {
    this.answered = new Set(answered);
  }
  async append(text: string): Promise<void> {
    this.lines.push(...text.trimEnd().split('\n'));
  }
  get indexes(): number[] {
    return this.lines.map((line) => Number(/_(\d+)",/.exec(line)?.[1]));
  }
}

interface Asked {
  readonly index: number;
  readonly signal: AbortSignal;
  answer(given: SentReply): void;
  fail(error: Error): void;
}

function start(
  count: number,
  { atOnce = 4, replies = new File(), errors = new File(), endpoint = '/api/chat', unreadable = -1 } = {},
) {
  const clock = new FakeClock();
  let next = 0;
  const input = {
    next: async (): Promise<PreparedLine | undefined> =>
      next === count
        ? undefined
        : { index: next, head: { custom_id: `c${next}`, model: 'm', bytes: 1 }, bodyAt: next++ },
    body: async ({ index }: PreparedLine) => {
      if (index === unreadable) throw new Error('a body is cut');
      return Buffer.from(String(index));
    },
  };
  const asked: Asked[] = [];
  const send = ({ body, signal }: LineRequest) => {
    const { promise, resolve, reject } = createDeferred<SentReply>();
    signal.addEventListener('abort', () => reject(new OllamaError('canceled', 'canceled')), { once: true });
    asked.push({ index: Number(body.toString()), signal, answer: resolve, fail: reject });
    return promise;
  };
  const counted: boolean[] = [];
  const run = new BatchRun({
    id: ID,
    endpoint: endpoint as '/api/chat',
    owner: 'key_1',
    total: count,
    input,
    replies,
    errors,
    send,
    linesAtOnce: () => atOnce,
    clock,
    onResult: (isError) => counted.push(isError),
  });
  const end: Promise<RunEnd> = run.run();
  end.catch(() => undefined);
  return { run, end, asked, clock, replies, errors, counted };
}

const settled = async () => {
  for (let count = 0; count < 20; count++) await turn();
};

it('sends some lines at once, and writes results in the order of the lines', async () => {
  const { end, asked, replies, errors, counted } = start(6);
  await settled();
  expect(asked.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  asked[2]?.answer(reply(200));
  asked[1]?.answer(reply(404));
  await settled();
  expect(replies.lines).toEqual([]);
  expect(asked.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  asked[0]?.answer(reply(200));
  await settled();
  expect([replies.indexes, errors.indexes]).toEqual([[0, 2], [1]]);
  for (const one of asked.slice(3)) one.answer(reply(200));
  expect(await end).toBe('done');
  expect(replies.indexes).toEqual([0, 2, 3, 4, 5]);
  expect(counted.filter(Boolean)).toHaveLength(1);
});

it('skips lines that were answered before', async () => {
  const { end, asked } = start(4, { replies: new File(0, 2), errors: new File(1) });
  await settled();
  expect(asked.map(({ index }) => index)).toEqual([3]);
  asked[0]?.answer(reply(200));
  expect(await end).toBe('done');
});

it('waits with all lines after a refusal, and sends the refused line again', async () => {
  const { end, asked, clock, replies } = start(3, { atOnce: 2 });
  await settled();
  asked[0]?.answer({ ...reply(429), retryAfterS: 5 });
  asked[1]?.answer(reply(200));
  await settled();
  expect(asked).toHaveLength(2);
  clock.advance(4999);
  await settled();
  expect(asked).toHaveLength(2);
  clock.advance(1);
  await settled();
  expect(asked.slice(2).map(({ index }) => index)).toEqual([0, 2]);
  for (const one of asked.slice(2)) one.answer(reply(200));
  expect(await end).toBe('done');
  expect(replies.indexes).toEqual([0, 1, 2]);
});

it('gives up a line that fails three times, and goes on meanwhile', async () => {
  const { end, asked, clock, errors, replies } = start(2, { atOnce: 1 });
  for (let attempt = 0; attempt < 3; attempt++) {
    await settled();
    const last = asked.filter(({ index }) => index === 0).at(-1);
    last?.answer(reply(500));
    await settled();
    asked.find(({ index }) => index === 1)?.answer(reply(200));
    await settled();
    clock.advance(30_000);
  }
  expect(await end).toBe('done');
  expect([replies.indexes, errors.indexes]).toEqual([[1], [0]]);
});

it('a line that gives way is sent again, and its late reply counts for nothing', async () => {
  const { run, end, asked, replies } = start(2, { atOnce: 2 });
  await settled();
  run.giveWay(1);
  await settled();
  expect(asked[1]?.signal.aborted).toBe(true);
  expect(asked.map(({ index }) => index)).toEqual([0, 1, 1]);
  expect(run.sent.map(({ index, givenWay }) => [index, givenWay])).toEqual([
    [0, 0],
    [1, 1],
  ]);
  asked[1]?.answer(reply(200, '{"late":true}'));
  asked[0]?.answer(reply(200));
  asked[2]?.answer(reply(200));
  expect(await end).toBe('done');
  expect(replies.lines.join()).not.toContain('late');
  expect(replies.indexes).toEqual([0, 1]);
});

it('a canceled run writes what it knows, a stopped one leaves the rest to the next', async () => {
  for (const [kind, known] of [
    ['cancelled', [1]],
    ['stopped', []],
  ] as const) {
    const { run, end, asked, replies, errors } = start(5, { atOnce: 2 });
    await settled();
    asked[1]?.answer(reply(200));
    await settled();
    run.stop(kind);
    expect(await end).toBe(kind);
    expect(replies.indexes).toEqual(known);
    expect(errors.lines).toEqual([]);
    expect(asked[0]?.signal.aborted).toBe(true);
  }
});

it('an expired run gives every line that has no result an error', async () => {
  const { run, end, asked, errors, replies } = start(6, { atOnce: 2 });
  await settled();
  asked[1]?.answer(reply(200));
  await settled();
  run.stop('expired');
  expect(await end).toBe('expired');
  expect(replies.indexes).toEqual([1]);
  expect(errors.indexes).toEqual([0, 2, 3, 4, 5]);
  expect(JSON.parse(errors.lines[0] ?? '')).toMatchObject({
    error: { code: 'batch_expired' },
    response: null,
  });
});

it('ends with the error of a disk, or of a key that is gone', async () => {
  const broken = start(2);
  broken.replies.append = async () => {
    throw new OllamaError('storage-full', 'full');
  };
  await settled();
  for (const one of broken.asked) one.answer(reply(200));
  await expect(broken.end).rejects.toMatchObject({ code: 'storage-full' });
  const locked = start(2);
  await settled();
  locked.asked[0]?.fail(new OllamaError('unauthorized', 'gone'));
  await expect(locked.end).rejects.toMatchObject({ code: 'unauthorized' });
});

it('writes nothing behind a result that could not be written', async () => {
  const { end, asked, replies } = start(4);
  const append = replies.append.bind(replies);
  replies.append = async (text) => {
    if (text.includes('_0"')) throw new OllamaError('storage-full', 'full');
    await append(text);
  };
  await settled();
  for (const one of asked) one.answer(reply(200));
  await expect(end).rejects.toMatchObject({ code: 'storage-full' });
  expect(replies.lines).toEqual([]);
});

it('writes nothing more when it is canceled after a failure of the disk', async () => {
  const { run, end, asked, replies } = start(4);
  replies.append = async () => {
    throw new OllamaError('storage-full', 'full');
  };
  await settled();
  asked[2]?.answer(reply(200));
  await settled();
  asked[0]?.answer(reply(200));
  run.stop('cancelled');
  await expect(end).rejects.toMatchObject({ code: 'storage-full' });
});

it('ends the lines that were sent when the input turns out to be damaged', async () => {
  const { end, asked } = start(4, { atOnce: 3, unreadable: 2 });
  await expect(end).rejects.toThrow('cut');
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, true]);
});

it('answers each line once and in order, whatever happens meanwhile', async () => {
  for (
    let seed = seedFrom(1);
    seed < seedFrom(1) + rounds({ change: 30, long: 300, nightly: 3000 });
    seed++
  ) {
    const random = seededRandom(seed);
    const count = 1 + Math.floor(random() * 40);
    const { run, end, asked, clock, replies, errors } = start(count, {
      atOnce: 1 + Math.floor(random() * 8),
    });
    let isOver = false;
    void end.then(() => {
      isOver = true;
    });
    for (let step = 0; !isOver && step < 5000; step++) {
      await turn();
      const open = asked.filter(({ signal }) => !signal.aborted);
      const one = open[Math.floor(random() * open.length)];
      if (random() < 0.1 && one) run.giveWay(one.index);
      else one?.answer(reply([200, 200, 200, 404, 429, 503, 500][Math.floor(random() * 7)] ?? 200));
      if (random() < 0.3) clock.advance(20_000);
    }
    expect(isOver, `seed ${seed}`).toBe(true);
    const all = [...replies.indexes, ...errors.indexes].sort((left, right) => left - right);
    expect(all, `seed ${seed}`).toEqual(Array.from({ length: count }, (_, index) => index));
    for (const file of [replies, errors]) {
      expect(file.indexes).toEqual(file.indexes.toSorted((left, right) => left - right));
    }
  }
});
