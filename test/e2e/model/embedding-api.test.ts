import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bertHidden, cosine, meanOf } from '../../fakes/models/bert-reference.ts';
import { ensureMiniLm, type MiniLm } from '../../fakes/models/minilm.ts';
import { poison, type RandomBertOptions, writeRandomBert } from '../../fakes/models/random-bert.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { WordPiece } from '../../fakes/models/word-piece.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, patience, post, type Reply, send } from '../support/server-requests.ts';

const sky = 'why is the sky blue?';
const grass = 'why is the grass green?';
const long = 'the quick brown fox jumps over the lazy dog. '.repeat(100);

let server: TestServer;
let folder: string;
let miniLm: MiniLm;

const createBert = async (name: string, options: RandomBertOptions) => {
  const path = join(folder, `${name}.gguf`);
  await writeRandomBert(path, options);
  await createModel(server, name, path);
};
const createLlama = async (name: string, options: Parameters<typeof writeRandomModel>[1] = {}) => {
  const path = join(folder, `${name}.gguf`);
  await writeRandomModel(path, options);
  await createModel(server, name, path);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedding-api-'));
  server = await startTestServer();
  miniLm = await ensureMiniLm();
  await createModel(server, 'minilm', miniLm.ggufPath, { parameters: { num_ctx: 256 } });
  await createBert('bert', {});
  await createBert('ranker', { pooling: 'rank' });
  await createLlama('chatter');
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Embedded {
  readonly embeddings: number[][];
  readonly prompt_eval_count: number;
}

const embed = (fields: object): Promise<Reply> => post(server, '/api/embed', { model: 'minilm', ...fields });
async function embedded(fields: object): Promise<Embedded> {
  const { status, body } = await embed(fields);
  expect(status, JSON.stringify(body).slice(0, 300)).toBe(200);
  return body as Embedded;
}
async function vectorsOf(fields: object): Promise<number[][]> {
  return (await embedded(fields)).embeddings;
}
const lengthOf = (vector: readonly number[] = []) => Math.hypot(...vector);

describe('POST /api/embed', () => {
  it('returns the vectors of the published model, scaled to length 1, and counts every token', async () => {
    const one = await embedded({ input: sky });
    expect(one).toMatchObject({ model: 'minilm', prompt_eval_count: 8 });
    const tokens = new WordPiece(miniLm.config.vocabulary).tokenize(sky);
    const expected = meanOf(bertHidden(tokens, miniLm.config, miniLm.weights));
    expect(cosine(one.embeddings[0] ?? [], expected)).toBeGreaterThan(0.9999);
    expect(lengthOf(one.embeddings[0])).toBeCloseTo(1, 5);
    const two = await embedded({ input: [sky, grass] });
    expect(two.prompt_eval_count).toBe(16);
    expect(cosine(two.embeddings[0] ?? [], expected)).toBeGreaterThan(0.9999);
    expect(two).toMatchObject({ total_duration: expect.any(Number), load_duration: expect.any(Number) });
  });

  it('returns no vectors without an input, and one for an empty text', async () => {
    for (const input of [undefined, null, '', []]) {
      expect(await embed({ input })).toEqual({ status: 200, body: { model: 'minilm', embeddings: [] } });
    }
    expect(await embedded({ input: [''] })).toMatchObject({ prompt_eval_count: 2 });
    expect(await post(server, '/api/embed', { model: 'chatter' })).toMatchObject({ status: 200 });
  });

  it.each([[[1, 2]], [{ text: sky }], [5], [[sky, null]]])('refuses the input %j', async (input) => {
    expect(await embed({ input })).toEqual({ status: 400, body: { error: 'invalid input type' } });
  });

  it('cuts vectors to the requested dimensions', async () => {
    const [whole = []] = await vectorsOf({ input: sky });
    const [short = []] = await vectorsOf({ input: sky, dimensions: 100 });
    expect(short).toHaveLength(100);
    expect(lengthOf(short)).toBeCloseTo(1, 5);
    expect(cosine(short, whole.slice(0, 100))).toBeCloseTo(1, 6);
    for (const dimensions of [0, -1, 384, 10_000]) {
      expect(await vectorsOf({ input: sky, dimensions })).toEqual([whole]);
    }
  });

  it('respects num_ctx, down to a context without room for content', async () => {
    expect(await embedded({ input: sky, options: { num_ctx: 5 } })).toMatchObject({ prompt_eval_count: 5 });
    expect(await embed({ input: sky, options: { num_ctx: 2 } })).toEqual({
      status: 400,
      body: { error: 'input after truncation exceeds maximum context length' },
    });
    for (const [truncate, error] of [
      [true, 'input exceeds maximum context length and cannot be truncated further'],
      [false, 'the input length exceeds the context length'],
    ] as const) {
      const refused = await embed({ input: sky, truncate, options: { num_ctx: 0 } });
      expect(refused).toEqual({ status: 400, body: { error } });
    }
    expect(await embedded({ input: 'sky', options: { num_ctx: 0 } })).toMatchObject({ prompt_eval_count: 3 });
    expect(await embedded({ input: long, options: { num_ctx: 100_000 } })).toMatchObject({
      prompt_eval_count: 512,
    });
  });

  it('names the input whose vector contains NaN', async () => {
    const input = ['the sky', 'the fox', `a ${poison}`, 'the sky'];
    expect(await embed({ model: 'bert', input })).toEqual({
      status: 422,
      body: { error: 'embedding contains NaN or Inf values (input 2)' },
    });
    expect(await embed({ model: 'bert', input: 'the sky' })).toMatchObject({ status: 200 });
  });

  it('refuses models that do not support embeddings', async () => {
    expect(await embed({ model: 'chatter', input: sky })).toEqual({
      status: 400,
      body: { error: '"chatter" does not support embeddings' },
    });
    expect(await embed({ model: 'ranker', input: sky })).toMatchObject({ status: 400 });
    expect(await embed({ model: 'none', input: sky })).toEqual({
      status: 404,
      body: { error: 'model "none" not found, try pulling it first' },
    });
    expect(await embed({ model: '', input: sky })).toEqual({
      status: 404,
      body: { error: "model '' not found" },
    });
    const generate = await post(server, '/api/generate', { model: 'minilm', prompt: 'x' });
    expect(generate).toEqual({ status: 400, body: { error: '"minilm" does not support generate' } });
  });

  it('answers a short request while a long one runs, and stops one whose client has disconnected', async () => {
    const input = Array.from({ length: 3000 }, () => long);
    const abort = new AbortController();
    const endless = send(server, 'POST', '/api/embed', { model: 'minilm', input }, { signal: abort.signal });
    let ended = false;
    const watched = endless
      .catch(() => undefined)
      .finally(() => {
        ended = true;
      });
    for (let index = 0; index < 3; index++) expect(await vectorsOf({ input: sky })).toHaveLength(1);
    expect(ended).toBe(false);
    abort.abort();
    await watched;
    const stopped = await post(server, '/api/embed', { model: 'minilm', keep_alive: 0 });
    expect(stopped.status).toBe(200);
    await expect
      .poll(async () => {
        const { models } = (await (await fetch(`${server.url}/api/ps`)).json()) as {
          models: { name: string }[];
        };
        return models.some(({ name }) => name === 'minilm:latest');
      }, patience)
      .toBe(false);
  });

  it('serves the official client', async () => {
    const client = new Ollama({ host: server.url });
    const reply = await client.embed({ model: 'minilm', input: [sky, grass] });
    expect(reply.embeddings.map((vector) => vector.length)).toEqual([384, 384]);
    expect(cosine(reply.embeddings[0] ?? [], reply.embeddings[1] ?? [])).toBeGreaterThan(0.3);
    const shown = await client.show({ model: 'minilm' });
    expect(shown.capabilities).toEqual(['embedding']);
    const loaded = (await client.ps()).models.find(({ name }) => name === 'minilm:latest');
    expect(loaded).toMatchObject({ context_length: 256 });
  });
});

describe('POST /api/embeddings', () => {
  const embedOne = (fields: object) => post(server, '/api/embeddings', { model: 'minilm', ...fields });

  it('returns the vector of a prompt', async () => {
    const { embedding } = await new Ollama({ host: server.url }).embeddings({ model: 'minilm', prompt: sky });
    const [expected = []] = await vectorsOf({ input: sky });
    expect(embedding.map(Math.fround)).toEqual(expected.map(Math.fround));
  });

  it('only loads the model for an empty prompt', async () => {
    expect(await embedOne({})).toEqual({ status: 200, body: { embedding: [] } });
  });

  it('never truncates the prompt', async () => {
    const error = 'the input length exceeds the context length';
    expect(await embedOne({ prompt: long })).toEqual({ status: 500, body: { error } });
  });

  it('normalizes vectors unless the model turns it off', async () => {
    await createBert('raw', { metadata: { 'bert.normalize_embeddings': { type: 'bool', value: false } } });
    const { body } = await embedOne({ model: 'raw', prompt: 'the sky' });
    const { embedding } = body as { embedding: number[] };
    expect(lengthOf(embedding)).toBeGreaterThan(1.5);
    const [normalized = []] = await vectorsOf({ model: 'raw', input: 'the sky' });
    expect(cosine(embedding, normalized)).toBeCloseTo(1, 5);
  });

  it('says what is wrong', async () => {
    expect(await embedOne({ model: '', prompt: sky })).toMatchObject({
      status: 400,
      body: { error: 'model is required' },
    });
    expect(await embedOne({ model: 'none', prompt: sky })).toMatchObject({ status: 404 });
    expect(await embedOne({ model: 'chatter', prompt: sky })).toMatchObject({ status: 400 });
  });
});

describe('POST /api/rerank', () => {
  const documents = ['the blue sky', 'fox', 'the fox, the sky', `blue ${'fox '.repeat(300)}`];
  const rerank = (fields: object) =>
    post(server, '/api/rerank', { model: 'ranker', query: 'blue', documents, ...fields });
  const resultsOf = ({ body }: Reply) =>
    (body as { results: { index: number; relevance_score: number; document?: { text: string } }[] }).results;

  it('sorts documents by their scores', async () => {
    const reply = await rerank({});
    expect(reply).toMatchObject({
      status: 200,
      body: { model: 'ranker', total_duration: expect.any(Number) },
    });
    const results = resultsOf(reply);
    expect(results.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3]);
    const scores = results.map((result) => result.relevance_score);
    expect(scores).toEqual([...scores].sort((left, right) => right - left));
    for (const { index, relevance_score } of results) {
      const [alone] = resultsOf(await rerank({ documents: [documents[index]] }));
      expect(alone?.relevance_score).toBeCloseTo(relevance_score, 3);
    }
    const [other] = resultsOf(await rerank({ query: 'fox', documents: [documents[0]] }));
    expect(other?.relevance_score).not.toBeCloseTo(
      results.find(({ index }) => index === 0)?.relevance_score ?? 0,
      3,
    );
  });

  it('returns the best documents with their texts, and accepts objects with a text', async () => {
    const all = resultsOf(await rerank({}));
    const asked = documents.map((text) => ({ text }));
    const best = resultsOf(await rerank({ documents: asked, top_n: 2, return_documents: true }));
    expect(best).toMatchObject(all.slice(0, 2));
    expect(best.map((result) => result.document?.text)).toEqual(best.map(({ index }) => documents[index]));
    expect(resultsOf(await rerank({ documents: [] }))).toEqual([]);
  });

  it('counts the tokens of queries, documents and markers', async () => {
    expect(await rerank({ documents: ['fox', 'the sky'] })).toMatchObject({ body: { prompt_eval_count: 9 } });
  });

  it('truncates long documents only if allowed', async () => {
    expect(await rerank({ truncate: false })).toMatchObject({ status: 400 });
    expect(await rerank({ query: 'fox '.repeat(200) })).toMatchObject({ status: 400 });
    expect(await rerank({ documents: [documents[3]] })).toMatchObject({ body: { prompt_eval_count: 128 } });
  });

  it('fills in the template of a model that has one', async () => {
    const template = { type: 'string', value: 'the {query} blue {document} sky' } as const;
    await createBert('templated', {
      pooling: 'rank',
      metadata: { 'tokenizer.chat_template.rerank': template },
    });
    const fields = { model: 'templated', query: 'fox', documents: ['sky {query}'] };
    expect(await rerank({ ...fields, documents: ['sky'] })).toMatchObject({ body: { prompt_eval_count: 5 } });
    const cut = await rerank({ ...fields, documents: ['sky '.repeat(400)] });
    expect(cut).toMatchObject({ status: 200, body: { prompt_eval_count: 128 } });
  });

  it('says what is wrong', async () => {
    expect(await rerank({ model: 'minilm' })).toEqual({
      status: 400,
      body: { error: '"minilm" does not support reranking' },
    });
    expect(await rerank({ documents: 'fox' })).toMatchObject({ status: 400 });
    expect(await rerank({ query: undefined })).toMatchObject({ status: 400 });
    expect(await rerank({ documents: [poison] })).toMatchObject({ status: 422 });
  });
});

describe('POST /api/tokenize and /api/detokenize', () => {
  const tokenize = (fields: object) => post(server, '/api/tokenize', { model: 'chatter', ...fields });
  const idsOf = ({ body }: Reply) => (body as { tokens: number[] }).tokens;

  it.each(['the fox', 'é 漢字 😀', '', ' <s> and </s>'])('round-trip %j', async (content) => {
    const tokens = idsOf(await tokenize({ content, parse_special: false }));
    const reply = await post(server, '/api/detokenize', { model: 'chatter', tokens });
    expect(reply).toEqual({ status: 200, body: { content } });
  });

  it('read special tokens on request', async () => {
    expect(idsOf(await tokenize({ content: '<s>', parse_special: true }))).toEqual([1]);
    expect(idsOf(await tokenize({ text: '<s>' }))).toEqual([1]);
    expect(idsOf(await tokenize({ content: '<s>', parse_special: false })).length).toBeGreaterThan(1);
    expect(idsOf(await tokenize({ content: 'a', add_special: true }))[0]).toBe(1);
    const reply = await post(server, '/api/tokenize', { model: 'minilm', content: sky, add_special: true });
    expect(idsOf(reply)).toHaveLength(8);
  });

  it('return the text of each token, or its bytes', async () => {
    const { body } = await tokenize({ content: '<s>a é', with_pieces: true });
    const { tokens } = body as { tokens: { id: number; piece: string | number[] }[] };
    expect(tokens.map(({ piece }) => piece)).toEqual(['<s>', 'a', ' ', [0xc3], [0xa9]]);
    expect(tokens[0]?.id).toBe(1);
  });

  it('report what is wrong', async () => {
    expect(await tokenize({})).toEqual({ status: 400, body: { error: 'content is required' } });
    expect(await tokenize({ content: 'x'.repeat(5e6) })).toMatchObject({ status: 400 });
    expect(await tokenize({ model: 'none', content: 'x' })).toMatchObject({ status: 404 });
    const detokenize = (tokens: unknown) => post(server, '/api/detokenize', { model: 'chatter', tokens });
    expect(await detokenize([1e6])).toMatchObject({ status: 400 });
    expect(await detokenize([-1])).toMatchObject({ status: 400 });
    expect(await detokenize('x')).toMatchObject({ status: 400 });
  });
});

describe('a suffix in /api/generate', () => {
  const marks = ['<fim_prefix>', '<fim_suffix>', '<fim_middle>'];
  const letters = Array.from('▁abcdefghijklmnopqrstuvwxyz()=.,:', (letter) => letter);

  beforeAll(() => createLlama('coder', { vocabulary: [...letters, ...marks], contextLength: 256 }));

  const fill = (fields: object) =>
    post(server, '/api/generate', {
      model: 'coder',
      prompt: 'def add(',
      suffix: 'return c',
      stream: false,
      verbose_metrics: true,
      options: { num_predict: 4, temperature: 0 },
      ...fields,
    });

  it('puts prompt and suffix around the gap', async () => {
    const reply = await fill({ _debug_render_only: true });
    const rendered = '<s><fim_prefix>def add(<fim_suffix>return c<fim_middle>';
    expect(reply).toMatchObject({ body: { _debug_info: { rendered_template: rendered } } });
    const filled = await fill({});
    expect(filled).toMatchObject({ status: 200, body: { done: true, prompt_eval_count: 20, eval_count: 4 } });
  });

  it('does not parse markers within the texts', async () => {
    const { body } = await fill({ prompt: '<fim_suffix>', suffix: 'x' });
    expect((body as { prompt_eval_count: number }).prompt_eval_count).toBeGreaterThan(12);
  });

  it('keeps the text next to the gap if it is too long', async () => {
    const options = { num_ctx: 64, num_predict: 1 };
    const reply = await fill({ prompt: `${'a'.repeat(500)}b`, suffix: `c${'d'.repeat(500)}`, options });
    expect(reply).toMatchObject({ status: 200, body: { prompt_truncated: true, prompt_eval_count: 63 } });
    const refused = await fill({ prompt: 'a'.repeat(500), options, truncate: false });
    expect(refused).toMatchObject({ status: 400, body: { error: expect.stringContaining('num_ctx 64') } });
  });

  it('is a capability only of models with the markers', async () => {
    const capabilities = async (model: string) =>
      ((await post(server, '/api/show', { model })).body as { capabilities: string[] }).capabilities;
    expect(await capabilities('coder')).toContain('insert');
    expect(await capabilities('chatter')).not.toContain('insert');
    expect(await fill({ model: 'chatter' })).toEqual({
      status: 400,
      body: { error: 'registry.ollama.ai/library/chatter:latest does not support insert' },
    });
    expect(await fill({ context: [1] })).toMatchObject({ status: 400 });
  });
});
