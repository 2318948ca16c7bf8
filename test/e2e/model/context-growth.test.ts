import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, linesOf, patience, randomModelBytes, send } from '../support/server-requests.ts';

const TRAINED = 32_768;
/** Tokens of the default context. */
const DEFAULT = 2048;
/** About 19,000 tokens: the first prompt of a coding agent. */
const LONG = 'ab cd ef gh '.repeat(1700);

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'context-growth-'));
  server = await startTestServer({
    env: { OLLAMA_KV_CACHE_BUDGET: '256MiB', OLLAMA_KV_CACHE_DIR: join(folder, 'kv') },
  });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A model that computes almost instantly. */
const tiny = { layers: 1, embedding: 16 };

async function createTiny(name: string, seed: number): Promise<void> {
  await createModel(server, name, await randomModelBytes({ ...tiny, contextLength: TRAINED, seed }));
}

async function chat(model: string, messages: readonly object[], more: object = {}) {
  const body = {
    model,
    messages,
    stream: false,
    verbose_metrics: true,
    options: { num_predict: 16, seed: 1 },
    ...more,
  };
  const response = await send(server, 'POST', '/api/chat', body);
  const { headers, status } = response;
  const reply = (await response.json()) as {
    message: { role: string; content: string };
    prompt_eval_count: number;
    prompt_eval_cached?: number;
  };
  return {
    status,
    context: headers.get('X-Ollama-Context'),
    truncated: headers.get('X-Ollama-Prompt-Truncated'),
    reply,
  };
}

async function loaded(model: string): Promise<number[]> {
  const response = await send(server, 'GET', '/api/ps', undefined);
  const { models } = (await response.json()) as { models: { name: string; context_length: number }[] };
  return models.filter(({ name }) => name === `${model}:latest`).map(({ context_length }) => context_length);
}

function logged(message: string, model: string): number {
  const lines = server.output().split('\n');
  return lines.filter((line) => line.includes(`"${message}"`) && line.includes(`"${model}:latest"`)).length;
}

it('a prompt of 19,000 tokens gets a longer context once, and the next turn reuses it', async () => {
  await createTiny('agent', 1);
  const question = { role: 'user', content: LONG };
  const first = await chat('agent', [question]);
  expect(first).toMatchObject({ status: 200, context: String(TRAINED), truncated: null });
  expect(first.reply.prompt_eval_count).toBeGreaterThan(18_000);
  expect(await loaded('agent')).toEqual([TRAINED]);
  expect([logged('loading model', 'agent'), logged('context grown for a longer prompt', 'agent')]).toEqual([
    2, 1,
  ]);

  const second = await chat('agent', [question, first.reply.message, { role: 'user', content: 'and now?' }]);
  expect(second).toMatchObject({ status: 200, context: null, truncated: null });
  expect(second.reply.prompt_eval_cached).toBeGreaterThan(18_000);

  await chat('agent', [{ role: 'user', content: 'short' }]);
  await chat('agent', [{ role: 'user', content: 'short' }], { options: { num_ctx: 512, num_predict: 1 } });
  expect(await loaded('agent')).toEqual([TRAINED]);
  expect(logged('loading model', 'agent')).toBe(2);
});

it('a conversation that outgrows its context continues from what was computed before', async () => {
  await createTiny('grower', 2);
  const start = { role: 'user', content: 'ab cd ef gh '.repeat(150) };
  const { reply } = await chat('grower', [start]);
  expect(await loaded('grower')).toEqual([DEFAULT]);
  const more = { role: 'user', content: 'ij kl mn op '.repeat(100) };
  const grown = await chat('grower', [start, reply.message, more]);
  expect(grown).toMatchObject({ status: 200, context: '4096', truncated: null });
  expect(grown.reply.prompt_eval_cached).toBeGreaterThan(reply.prompt_eval_count - 64);
});

it('streams of the shorter context end undisturbed, and several long prompts share one load', async () => {
  await createTiny('shared', 3);
  const options = { num_predict: 5000, ignore_eos: true, seed: 1, num_parallel: 2 };
  const stream = await send(server, 'POST', '/api/generate', {
    model: 'shared',
    prompt: 'ab',
    raw: true,
    options,
  });
  const lines = linesOf(stream);
  expect((await lines.next()).value).toMatchObject({ done: false });
  const long = [1, 2].map((seed) =>
    chat('shared', [{ role: 'user', content: `${seed} ${LONG}` }], {
      options: { num_parallel: 2, num_predict: 4 },
    }),
  );
  let last: Record<string, unknown> | undefined;
  for await (const line of lines) last = line;
  expect(last).toMatchObject({ done: true, done_reason: 'length', eval_count: 5000 });
  for (const answer of await Promise.all(long)) {
    expect(answer).toMatchObject({ status: 200, truncated: null });
    expect(answer.reply.prompt_eval_count).toBeGreaterThan(18_000);
  }
  expect(logged('loading model', 'shared')).toBe(2);
  await expect.poll(() => loaded('shared'), patience).toEqual([TRAINED]);
});

it('a prompt beyond what the model was trained for is cut and told, in every dialect', async () => {
  await createModel(server, 'small', await randomModelBytes({ ...tiny, contextLength: 8192, seed: 4 }));
  const ask = { model: 'small', messages: [{ role: 'user', content: LONG }], max_tokens: 1, stream: false };
  const replies = [];
  for (const path of ['/v1/chat/completions', '/v1/messages']) {
    const response = await send(server, 'POST', path, ask);
    await response.text();
    const of = (name: string) => response.headers.get(name);
    replies.push([response.status, of('X-Ollama-Context'), of('X-Ollama-Prompt-Truncated')]);
  }
  expect(replies).toEqual([
    [200, '8192', 'true'],
    [200, null, 'true'],
  ]);
  expect(await loaded('small')).toEqual([8192]);
});
