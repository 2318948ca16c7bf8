import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';

const CONTEXT_LENGTH = 64;
/** A prompt of 10 tokens per sentence. */
const fox = (sentences: number) => 'The quick brown fox jumps over the lazy dog. '.repeat(sentences);

interface Answer {
  readonly done_reason: string;
  readonly prompt_eval_count: number;
  readonly eval_count: number;
  readonly prompt_truncated?: boolean;
  readonly response: string;
}

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({});
  await createModel(server, 'smol', inject('smolModelPath'));
});
afterAll(() => server[Symbol.asyncDispose]());

const options = { num_ctx: CONTEXT_LENGTH, temperature: 0, ignore_eos: true };

async function generate(
  prompt: string,
  more: Readonly<Record<string, unknown>> = {},
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  const body = {
    model: 'smol',
    prompt,
    raw: true,
    stream: false,
    verbose_metrics: true,
    options: { ...options, ...more },
    ...fields,
  };
  const reply = await post(server, '/api/generate', body);
  expect(reply).toMatchObject({ status: 200 });
  return reply.body as Answer;
}

describe('the context', () => {
  it('is filled and not exceeded with num_predict -2 or with shift false', async () => {
    for (const answer of [
      await generate(fox(2), { num_predict: -2 }),
      await generate(fox(2), { num_predict: -1 }, { shift: false }),
    ]) {
      expect(answer.done_reason).toBe('length');
      // The last token is sampled, but needs no place in the context.
      expect(answer.prompt_eval_count + answer.eval_count).toBe(CONTEXT_LENGTH + 1);
    }
  });

  it('shifts with num_predict -1, for ten contexts at most', async () => {
    const answer = await generate(fox(2), { num_predict: -1 });
    expect(answer).toMatchObject({ done_reason: 'length', eval_count: 10 * CONTEXT_LENGTH });
  });

  it('ends at num_predict, even after a shift', async () => {
    for (const num_keep of [0, 4, -1]) {
      const answer = await generate(fox(2), { num_predict: 90, num_keep });
      expect(answer).toMatchObject({ done_reason: 'length', eval_count: 90 });
    }
    expect(await generate(fox(2), { num_predict: 0 })).toMatchObject({ response: '', done_reason: 'length' });
  });

  it('never loses a part of the prompt without reporting it', async () => {
    const whole = await generate(fox(5), { num_predict: 4 });
    expect(whole.prompt_truncated).toBeUndefined();
    const cut = await generate(fox(20), { num_predict: 4 });
    expect(cut.prompt_truncated).toBe(true);
    expect(cut.prompt_eval_count).toBeLessThan(CONTEXT_LENGTH);
  });

  it('refuses a prompt that is too long and must not be cut, with both counts', async () => {
    for (const fields of [{ truncate: false }, { shift: false }]) {
      const body = { model: 'smol', prompt: fox(20), raw: true, stream: false, options, ...fields };
      const reply = await post(server, '/api/generate', body);
      expect(reply).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/\b2\d\d tokens\b.*\b63 tokens\b.*num_ctx 64/) },
      });
    }
  });
});
