/** `/v1/completions` with `echo` and `logprobs`, as programs that score texts use it. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type DirectModel, loadDirectModel } from '../support/direct-logprobs.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel } from '../support/server-requests.ts';

const CONTEXT = 512;
/** The most that a score may differ from the direct value. */
const TOLERANCE = 1e-4;
const long = 'The quick brown fox jumps over the lazy dog. Water boils at 100 degrees. '.repeat(3).trim();
const texts = [long, 'Paris is the capital of France.', 'Größe und Naïveté: 你好 🙂', 'one two'];

let server: TestServer;
let client: OpenAI;
let direct: DirectModel;
let lists: number[][];
/** For each text, the log probabilities of its tokens after the first. */
let expected: number[][];

beforeAll(async () => {
  direct = await loadDirectModel(inject('smolModelPath'), CONTEXT);
  lists = texts.map(direct.tokenize);
  expected = lists.map((tokens) => direct.logprobs(tokens, 16));
  server = await startTestServer({ env: { OLLAMA_NUM_PARALLEL: '3' } });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'ollama', maxRetries: 0 });
  await createModel(server, 'smol', inject('smolModelPath'), { parameters: { num_ctx: CONTEXT } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** The request of lm-evaluation-harness's `local-completions` for log-likelihoods. */
const scoring = {
  model: 'smol',
  temperature: 0,
  max_tokens: 1,
  logprobs: 1,
  seed: 1234,
  echo: true,
} as const;

interface Score {
  readonly index: number;
  readonly text: string;
  readonly finish_reason: string;
  readonly logprobs: {
    readonly tokens: string[];
    readonly token_logprobs: (number | null)[];
    readonly top_logprobs: (Record<string, number> | null)[];
    readonly text_offset: number[];
  };
}

async function score(prompt: string | string[] | number[][], fields: object = {}): Promise<Score[]> {
  const reply = await client.completions.create({ ...scoring, prompt, ...fields, stream: false });
  return reply.choices as unknown as Score[];
}

/** The largest difference between the scores of a prompt's tokens and the direct values. */
function distance({ logprobs }: Score | undefined = {} as Score, of: number): number {
  const values = expected[of] ?? [];
  const found = logprobs.token_logprobs.slice(0, values.length + 1);
  expect(found[0]).toBeNull();
  expect(found).toHaveLength(values.length + 1);
  return Math.max(...values.map((value, index) => Math.abs(value - (found[index + 1] ?? Number.NaN))));
}

describe('scores of prompts', () => {
  it('equal the values computed from the logits, in a batch, beside a stream, and whatever the cache holds', async () => {
    // Something to reuse: a score needs all positions.
    await client.completions.create({ model: 'smol', prompt: lists[0] ?? [], max_tokens: 1 });
    const beside = client.completions.create({ model: 'smol', prompt: 'Once upon', max_tokens: 20 });
    for (let round = 0; round < 2; round++) {
      const batch = await score(lists);
      expect(batch.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
      for (const [index, scored] of batch.entries()) {
        expect(distance(scored, index)).toBeLessThan(TOLERANCE);
        // One more for the answer, which programs that score leave out.
        expect(scored.logprobs.token_logprobs).toHaveLength((lists[index]?.length ?? 0) + 1);
      }
    }
    await beside;
  });

  it('are right for texts, without an answer, and in a stream', async () => {
    for (const [index, text] of texts.entries()) {
      const [scored] = await score(text, { max_tokens: 0 });
      expect(distance(scored, index)).toBeLessThan(TOLERANCE);
      expect(scored).toMatchObject({ text, finish_reason: 'length' });
      expect(scored?.logprobs.tokens).toHaveLength(lists[index]?.length ?? 0);
      const stream = await client.completions.create({
        ...scoring,
        prompt: text,
        max_tokens: 3,
        stream: true,
      });
      const chunks: Score[] = [];
      for await (const chunk of stream) chunks.push(...(chunk.choices as unknown as Score[]));
      expect(distance(chunks[0], index)).toBeLessThan(TOLERANCE);
      expect(chunks[0]?.text.startsWith(text)).toBe(true);
      expect(chunks.flatMap(({ logprobs }) => logprobs?.tokens ?? [])).toHaveLength(
        (lists[index]?.length ?? 0) + 3,
      );
    }
  });

  it('come with the likeliest alternatives and the place of each token in the text', async () => {
    const [scored] = await score(texts[0] ?? '', { logprobs: 3, max_tokens: 2 });
    if (!scored) throw new Error('there is no choice');
    const { tokens, token_logprobs, top_logprobs, text_offset } = scored.logprobs;
    for (const [index, token] of tokens.entries()) {
      const start = text_offset[index] ?? -1;
      expect(scored.text.slice(start, start + token.length)).toBe(token);
      const logprob = token_logprobs[index] ?? null;
      const top = top_logprobs[index] ?? null;
      if (index === 0) expect([logprob, top]).toEqual([null, null]);
      else {
        expect(top?.[token]).toBe(logprob);
        expect(Math.max(...Object.values(top ?? {}))).toBeGreaterThanOrEqual(logprob ?? 0);
        expect(Object.keys(top ?? {}).length).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it('count an answer that ends at once as a token, so that the last of the prompt stays in its place', async () => {
    const [end] = direct.tokenize('<|im_end|>');
    const [scored] = await score(texts[1] ?? '', { logit_bias: { [String(end)]: 100 } });
    expect(scored).toMatchObject({ text: texts[1], finish_reason: 'stop' });
    expect(scored?.logprobs.tokens.at(-1)).toBe('<|im_end|>');
    expect(scored?.logprobs.tokens).toHaveLength((lists[1]?.length ?? 0) + 1);
  });

  it('are refused for a prompt that does not fit, instead of those of a shorter one', async () => {
    const prompt = Array.from({ length: CONTEXT + 1 }, () => lists[3]?.[0] ?? 1);
    await expect(score([prompt])).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });
});
