/** Every setting that makes the engine faster can be switched off, and under `deterministic` the answers are the same. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { post, send } from '../support/server-requests.ts';

/** Sharp enough for the draft model to be sure of some tokens. */
const sharp = { sharpness: 12, layers: 4, embedding: 64, contextLength: 512 };
const prompt = 'the and he of a to in '.repeat(16).trim();
const schema = {
  type: 'object',
  properties: { mood: { enum: ['good', 'bad'] }, urgent: { type: 'boolean' } },
  required: ['mood', 'urgent'],
};
const sentence = 'Whatever the model would choose, these words come next.';

interface Answer {
  readonly response: string;
  readonly prompt_eval_count: number;
  readonly prompt_eval_cached?: number;
  readonly logprobs?: readonly { readonly logprob: number; readonly top_logprobs?: readonly object[] }[];
}

/** What a server answers, and by what its settings show. */
interface Seen {
  readonly texts: readonly string[];
  /** Whether the same prompt came from the logits that its slot keeps. */
  readonly isKept: boolean;
  /** Whether the matcher stated what must come next. */
  readonly isForced: boolean;
  readonly size: number;
  readonly log: string;
}

let folder: string;
let modelsFolder: string;
let usual: Seen;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'speed-switches-'));
  modelsFolder = join(folder, 'models');
  await writeRandomModel(join(folder, 'model.gguf'), sharp);
  await writeRandomModel(join(folder, 'draft.gguf'), { ...sharp, noise: 0.002 });
  await writeFile(join(folder, 'Modelfile'), 'FROM ./model.gguf\nDRAFT ./draft.gguf');
  usual = await seenWith({});
  return () => rm(folder, { recursive: true, force: true });
});

async function ask(server: TestServer, options: object, fields: object = {}): Promise<Answer> {
  const request = { model: 'tiny', prompt, raw: true, stream: false, verbose_metrics: true, ...fields };
  const exact = { deterministic: true, seed: 7, temperature: 0.8, num_ctx: 512, num_predict: 40, ...options };
  const { status, body } = await post(server, '/api/generate', { ...request, options: exact });
  expect(status, JSON.stringify(body)).toBe(200);
  return body as Answer;
}

async function seenWith(env: Record<string, string>): Promise<Seen> {
  await using server = await startTestServer({ modelsFolder, env: { OLLAMA_DRAFT_MODELS: 'on', ...env } });
  const created = await runOllama(['create', 'tiny', '-f', join(folder, 'Modelfile')], server);
  expect(created).toMatchObject({ status: 0 });
  const first = await ask(server, {});
  const again = await ask(server, {});
  const greedy = await ask(server, { temperature: 0, num_predict: 80 });
  const undrafted = await ask(server, { temperature: 0, num_predict: 80, draft_num_predict: 0 });
  const bound = await ask(server, {}, { format: schema });
  const spaced = await ask(server, { fixed_json_spaces: true }, { format: schema });
  const grammar = `root ::= ${JSON.stringify(sentence)}`;
  const quick = await ask(
    server,
    { grammar, fast_forward: true, num_predict: 200 },
    { logprobs: true, top_logprobs: 1 },
  );
  const sampled = await ask(server, { grammar, num_predict: 200 }, { logprobs: true, top_logprobs: 1 });
  expect(again.response).toBe(first.response);
  expect(undrafted.response).toBe(greedy.response);
  expect(bound.response).toMatch(/^\{/);
  expect(spaced.response).toMatch(/^\{"mood": "(good|bad)", "urgent": (true|false)\}$/);
  expect(certain(sampled)).toBe(0);
  const list = await (await send(server, 'GET', '/api/ps', undefined)).json();
  return {
    texts: [first, again, greedy, undrafted, bound, spaced, quick, sampled].map(({ response }) => response),
    isKept: again.prompt_eval_cached === again.prompt_eval_count,
    isForced: certain(quick) > 0,
    size: (list as { models: { size: number }[] }).models[0]?.size ?? 0,
    log: server.output(),
  };
}

/** Number of tokens that were not sampled. */
function certain({ logprobs = [] }: Answer): number {
  return logprobs.filter(({ logprob, top_logprobs = [] }) => logprob === 0 && top_logprobs.length === 0)
    .length;
}

describe('under "deterministic", the answers are the same', () => {
  it('with and without huge pages', async () => {
    const off = await seenWith({ OLLAMA_HUGE_PAGES: 'off' });
    expect(off.log).toContain('OLLAMA_HUGE_PAGES is off');
    expect(usual.log).not.toContain('OLLAMA_HUGE_PAGES is off');
    expect(off.texts).toEqual(usual.texts);
  });

  it('with and without kept logits', async () => {
    const off = await seenWith({ OLLAMA_KEEP_LOGITS: 'off' });
    expect({ usual: usual.isKept, off: off.isKept }).toEqual({ usual: true, off: false });
    expect(off.texts).toEqual(usual.texts);
  });

  it('with the matcher of grammars and without it', async () => {
    const off = await seenWith({ OLLAMA_GRAMMAR_MATCHER: 'off' });
    expect({ usual: usual.isForced, off: off.isForced }).toEqual({ usual: true, off: false });
    expect(off.texts).toEqual(usual.texts);
  });

  it('with a draft model and without it', async () => {
    const off = await seenWith({ OLLAMA_DRAFT_MODELS: 'off' });
    expect(off.size).toBeLessThan(0.8 * usual.size);
    expect(off.texts).toEqual(usual.texts);
  });
});
