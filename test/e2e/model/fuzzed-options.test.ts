import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseOptions } from '../../../src/api/options/options.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { childrenOf } from '../../fakes/processes.ts';
import { type RandomRequest, randomRequests } from '../../fakes/random/random-requests.ts';
import { rounds, seedFrom } from '../../scale.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';

const VOCABULARY_SIZE = 49_152;
/** Long enough for a few hundred requests; `npm test` runs only the first of them. */
const RUN_MS = rounds({ change: 6000, long: 15_000, nightly: 600_000 });
const LEAST_REQUESTS = 20;
const STREAMS = 4;
/** An endless prediction would take all of the time. */
const MOST_TOKENS = 64;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ env: { OLLAMA_NUM_PARALLEL: String(STREAMS) } });
  await createModel(server, 'smol', inject('smolModelPath'));
});
afterAll(() => server[Symbol.asyncDispose]());

/** The reason why the option table refuses the options; undefined if they are valid. */
function refusal(options: Readonly<Record<string, unknown>>): string | undefined {
  try {
    const { num_predict = -1 } = parseOptions(options);
    return num_predict < 0 || num_predict > MOST_TOKENS ? 'endless' : undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Reasons of which the option table knows nothing: what belongs to the model, or to two options together. */
const laterRefusals = [
  /^option "logit_bias" names token \d+, which is not in the vocabulary/,
  /^"context" contains token \d+, which is not in the vocabulary of "smol:latest"/,
  /^options\.grammar: (the grammar (is not valid GBNF|is empty|has no rule named)|rule "[^"]*" (is used|has|repeats|begins|can be read|nests))/,
  /^no token is possible: the grammar, "logit_bias" and "banned_strings" exclude all tokens/,
  /^"image_min_tokens" \(\d+\) is greater than "image_max_tokens" \(\d+\)/,
  /^"banned_strings" left no possible continuation/,
];

async function check(request: RandomRequest): Promise<void> {
  const expected = refusal(request.options);
  if (expected === 'endless') return;
  const told = JSON.stringify(request);
  const { status, body } = await post(server, '/api/generate', { model: 'smol', stream: false, ...request });
  const error = (body as { error?: string }).error ?? '';
  if (expected !== undefined) expect([status, error], told).toEqual([400, expected]);
  else if (status === 400)
    expect(
      laterRefusals.some((pattern) => pattern.test(error)),
      told + error,
    ).toBe(true);
  else expect(status, told + error).toBe(200);
}

it('answers requests with any options and any tokens, and the runner survives', {
  timeout: RUN_MS + 90_000,
}, async () => {
  await post(server, '/api/generate', { model: 'smol' });
  const runners = await childrenOf(server.pid);
  expect(runners).toHaveLength(1);
  const requests = randomRequests(seedFrom(2024), VOCABULARY_SIZE);
  const end = performance.now() + RUN_MS;
  let count = 0;
  const stream = async () => {
    while (performance.now() < end || count <= LEAST_REQUESTS) {
      await check(requests.next().value);
      count++;
    }
  };
  await Promise.all(Array.from({ length: STREAMS }, stream));
  expect(count).toBeGreaterThan(LEAST_REQUESTS);
  expect(await childrenOf(server.pid)).toEqual(runners);
});
