import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ env: { OLLAMA_NUM_PARALLEL: '3' } });
  await createModel(server, 'smol', inject('smolModelPath'));
});
afterAll(() => server[Symbol.asyncDispose]());

interface Answer {
  readonly response: string;
  readonly done_reason: string;
  readonly eval_count: number;
}

type Options = Readonly<Record<string, unknown>>;

const ask = (prompt: string, options: Options, fields: Options = {}) =>
  post(server, '/api/generate', {
    model: 'smol',
    prompt,
    raw: true,
    stream: false,
    options: { temperature: 0, num_predict: 12, ...options },
    ...fields,
  });

async function complete(prompt: string, options: Options = {}): Promise<Answer> {
  const { status, body } = await ask(prompt, options);
  if (status !== 200) throw new Error(`answered ${status} ${JSON.stringify(body)}`);
  return body as Answer;
}

const france = 'The capital of France is';
const question = '<|im_start|>user\nSay only: yes<|im_end|>\n<|im_start|>assistant\n';

function distinctTriples(text: string): number {
  const words = text.trim().split(/\s+/);
  return new Set(words.slice(2).map((_, index) => words.slice(index, index + 3).join(' '))).size;
}

describe('logit_bias', () => {
  it('forbids and favours tokens by text and by ID', async () => {
    expect((await complete(france)).response).toMatch(/^ Paris/);
    const without = await complete(france, { logit_bias: { ' Paris': false } });
    expect(without.response).not.toContain(' Paris');
    expect((await complete(france, { logit_bias: [[' London', 30]], num_predict: 1 })).response).toBe(
      ' London',
    );
  });

  it('refuses a token that is not in the vocabulary, naming it', async () => {
    expect(await ask(france, { logit_bias: { 99999: 1 } })).toEqual({
      status: 400,
      body: {
        error: 'option "logit_bias" names token 99999, which is not in the vocabulary of 49152 tokens',
      },
    });
  });
});

describe('the end of a generation', () => {
  it('waits for min_tokens, and never happens with ignore_eos', async () => {
    const plain = await complete(question, { num_predict: 40 });
    expect(plain).toMatchObject({ done_reason: 'stop' });
    const longer = plain.eval_count + 10;
    const waited = await complete(question, { num_predict: 100, min_tokens: longer });
    expect(waited.eval_count).toBeGreaterThanOrEqual(longer);
    const endless = await complete(question, { num_predict: 100, ignore_eos: true });
    expect(endless).toMatchObject({ done_reason: 'length', eval_count: 100 });
  });
});

describe('a grammar in the options', () => {
  it('constrains the answer, even if min_tokens requires more', async () => {
    const grammar = 'root ::= ("yes" | "no") "!"';
    expect((await complete(france, { grammar })).response).toMatch(/^(yes|no)!$/);
    expect((await complete(france, { grammar, min_tokens: 12 })).response).toMatch(/^(yes|no)!$/);
  });

  it('is refused if it is invalid or combined with format', async () => {
    expect(await ask(france, { grammar: 'root ::= (' })).toEqual({
      status: 400,
      body: { error: 'options.grammar: the grammar is not valid GBNF: line 1 needs ")" at ""' },
    });
    expect(await ask(france, { grammar: `root ::= ${'('.repeat(100_000)}` })).toMatchObject({ status: 400 });
    expect(await ask(france, { grammar: 'root ::= "a"' }, { format: 'json' })).toEqual({
      status: 400,
      body: { error: 'option "grammar" cannot be combined with "format": send only one of them' },
    });
  });

  it('that allows no token fails only its own request', async () => {
    const grammar = 'root ::= [^\\x00-\\U0010FFFF]';
    expect(await ask(france, { grammar })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('no token is possible') },
    });
    expect((await complete(france)).response).toMatch(/^ Paris/);
  });
});

describe('samplers', () => {
  const list = `${'one two three '.repeat(6)}one`;

  it('DRY breaks a repetition', async () => {
    // Three words are all that there is to say, so that the likeliest ones soon repeat themselves on any processor.
    const options = { num_predict: 24, grammar: 'root ::= (" one" | " two" | " three")+' };
    const plain = await complete(list, options);
    const dry = await complete(list, { ...options, dry_multiplier: 5 });
    expect(distinctTriples(plain.response)).toBeLessThan(10);
    expect(distinctTriples(dry.response)).toBeGreaterThan(distinctTriples(plain.response));
  });

  it('XTC selects a token that is not the likeliest', async () => {
    const sharp = { temperature: 0.01, num_predict: 1, seed: 1, top_k: 40 };
    expect((await complete(france, sharp)).response).toBe(' Paris');
    const xtc = { ...sharp, xtc_probability: 1, xtc_threshold: 0.0001 };
    expect((await complete(france, xtc)).response).not.toBe(' Paris');
  });

  it('top_n_sigma near 0 selects the likeliest token at any temperature', async () => {
    const options = { top_k: 0, top_p: 1, temperature: 5, seed: 3, deterministic: true };
    const greedy = await complete(france, { deterministic: true });
    expect((await complete(france, { ...options, top_n_sigma: 0.001 })).response).toBe(greedy.response);
    expect((await complete(france, options)).response).not.toBe(greedy.response);
  });

  it.each([1, 2])('mirostat %i follows its tau', async (mirostat) => {
    const options = { mirostat, temperature: 1, num_predict: 60, seed: 5, mirostat_eta: 0.5 };
    const surprise = async (tau: number) => {
      const sampled = { ...options, mirostat_tau: tau };
      const { body } = await ask('Once upon a time', sampled, { logprobs: true });
      const { logprobs } = body as { logprobs: { logprob: number }[] };
      const bits = logprobs.map(({ logprob }) => -logprob / Math.LN2);
      return bits.reduce((sum, each) => sum + each, 0) / bits.length;
    };
    expect(await surprise(0.2)).toBeLessThan(2);
    expect(Math.abs((await surprise(3)) - 3)).toBeLessThan(1);
  });

  it('dynamic temperature changes the draws', async () => {
    const options = { temperature: 1, seed: 11, top_k: 0, top_p: 1, num_predict: 24 };
    const plain = await complete('Once upon a time', options);
    const dynamic = await complete('Once upon a time', { ...options, dynatemp_range: 0.9 });
    expect(dynamic.response).not.toBe(plain.response);
  });
});

describe('a seed', () => {
  const story = { temperature: 0.9, num_predict: 24, xtc_probability: 0.3, deterministic: true };

  it('repeats the answer without other requests, and another seed gives a different one', async () => {
    const first = await complete('Once upon a time', { ...story, seed: 42 });
    expect((await complete('Once upon a time', { ...story, seed: 42 })).response).toBe(first.response);
    expect((await complete('Once upon a time', { ...story, seed: 43 })).response).not.toBe(first.response);
    for (const seed of [2 ** 32 - 1, 0]) {
      const [one, two] = [
        await complete('Once upon a time', { ...story, seed }),
        await complete('Once upon a time', { ...story, seed }),
      ];
      expect(one.response).toBe(two.response);
    }
  });

  it('gives the same answer beside other requests', async () => {
    const options = { ...story, seed: 7 };
    const alone = await complete('Once upon a time', options);
    const crowd = await Promise.all(
      ['Once upon a time', 'In the beginning', 'Once upon a time'].map((prompt) => complete(prompt, options)),
    );
    expect(crowd[0]?.response).toBe(alone.response);
    expect(crowd[2]?.response).toBe(alone.response);
  });
});

describe('a model', () => {
  it('has its own sampler settings, which a request overrides', async () => {
    const parameters = { logit_bias: { ' Paris': false }, grammar: 'root ::= " Lyon" | " Nice"' };
    await post(server, '/api/create', { model: 'biased', from: 'smol', parameters, stream: false });
    const model = { model: 'biased' };
    expect((await ask(france, {}, model)).body).toMatchObject({
      response: expect.stringMatching(/^ (Lyon|Nice)$/),
    });
    const overruled = await ask(france, { logit_bias: [], grammar: '' }, model);
    expect(overruled.body).toMatchObject({ response: expect.stringMatching(/^ Paris/) });
    expect(await ask(france, {}, { ...model, format: 'json' })).toMatchObject({ status: 200 });
    const { body } = await post(server, '/api/show', model);
    expect(body).toMatchObject({ parameters: expect.stringContaining('logit_bias') });
  });
});
