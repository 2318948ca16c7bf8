import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { linesOf, post, send } from '../e2e/support/server-requests.ts';
import {
  expectOrdinaryAnswer,
  expectUndisturbed,
  ordinaryModel,
  startAttackedServer,
} from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

/** Generous, as the bound on GET /api/version. */
const LONGEST_GAP_MS = 2000;
const longText = 'It is a very long story, and it goes on. '.repeat(12_500);

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer({ env: { OLLAMA_NUM_PARALLEL: '4' } });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Milliseconds of the longest wait between two lines of a stream that runs until `done`. */
async function longestGap(done: Promise<unknown>): Promise<number> {
  let isDone = false;
  void done.finally(() => {
    isDone = true;
  });
  const abort = new AbortController();
  const request = {
    model: ordinaryModel,
    prompt: 'hello',
    options: { num_predict: -1, ignore_eos: true },
  };
  const reply = await send(server, 'POST', '/api/generate', request, { signal: abort.signal });
  let longest = 0;
  let last: number | undefined;
  for await (const _ of linesOf(reply)) {
    const now = performance.now();
    longest = Math.max(longest, now - (last ?? now));
    last = now;
    if (isDone) break;
  }
  abort.abort();
  return longest;
}

it('tokenizes texts of 500 KB beside the streams of the model', async () => {
  const report = await underAttack(server, 'six texts of 500 KB to tokenize', async () => {
    const work = Promise.all(
      Array.from({ length: 6 }, () =>
        post(server, '/api/tokenize', { model: ordinaryModel, content: longText }),
      ),
    );
    const gap = await longestGap(work);
    return { gap, replies: await work };
  });
  const { gap, replies } = report.result;
  const tokens = replies.map(({ body }) => (body as { tokens: number[] }).tokens);
  expect(tokens[0]?.length).toBeGreaterThan(100_000);
  for (const others of tokens) expect(others.length).toBe(tokens[0]?.length);
  expect(gap).toBeLessThan(LONGEST_GAP_MS);
  await expectUndisturbed(server, report);
});

it('frees the slots of clients that leave while their texts are tokenized', async () => {
  const content = longText.repeat(8).slice(0, 4_000_000);
  const report = await underAttack(server, 'eight texts of 4 MB whose senders leave', async () => {
    const left = Array.from({ length: 8 }, () => {
      const signal = AbortSignal.timeout(300);
      return send(server, 'POST', '/api/tokenize', { model: ordinaryModel, content }, { signal });
    });
    const outcomes = await Promise.allSettled(left);
    await expectOrdinaryAnswer(server);
    return outcomes.filter(({ status }) => status === 'rejected').length;
  });
  expect(report.result).toBeGreaterThan(0);
  await expectUndisturbed(server, report);
});
