/** Batches on a real server: thousands of lines through kills, and people who come meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, patience, post, randomModelBytes } from '../support/server-requests.ts';

const LINES = 2000;
const KILLS = 3;
const url = '/v1/completions';

let home: string;
let store: TestServer;
let server: TestServer;
let client: OpenAI;

const start = async () => {
  server = await startTestServer({ env: { HOME: home }, modelsFolder: store.modelsFolder });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
};
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ollama-batches-'));
  store = await startTestServer();
  await createModel(store, 'tiny', await randomModelBytes());
  await createModel(store, 'smol', inject('smolModelPath'));
  await start();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function begin(count: number, body: (index: number) => object) {
  const text = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ custom_id: `c${index}`, method: 'POST', url, body: body(index) }),
  ).join('\n');
  const file = await client.files.create({
    file: await toFile(Buffer.from(text), 'in.jsonl'),
    purpose: 'batch',
  });
  return client.batches.create({ input_file_id: file.id, endpoint: url, completion_window: '24h' });
}
const batchOf = (id: string) => client.batches.retrieve(id);
const doneOf = async (id: string) => {
  const { completed = 0, failed = 0 } = (await batchOf(id)).request_counts ?? {};
  return completed + failed;
};
/** Number of requests that run. */
const active = async () => {
  const reply = await fetch(`${server.url}/api/queue`);
  return ((await reply.json()) as { active: number }).active;
};
const linesOf = async (id: string | null | undefined) =>
  (await (await client.files.content(id ?? '')).text())
    .trimEnd()
    .split('\n')
    .map((line): { custom_id: string; response: { status_code: number } } => JSON.parse(line));

it(`${LINES} lines are answered once and in order, although the server is killed ${KILLS} times`, {
  timeout: 600_000,
}, async () => {
  // Every hundredth names a model that is not there.
  const { id } = await begin(LINES, (index) => ({
    model: index % 100 === 50 ? 'none' : 'tiny',
    prompt: `${index}`,
    max_tokens: 2,
  }));
  for (let kill = 1; kill <= KILLS; kill++) {
    const target = (LINES / (KILLS + 1)) * kill;
    await expect.poll(() => doneOf(id), { ...patience, timeout: 300_000 }).toBeGreaterThan(target);
    process.kill(server.pid, 'SIGKILL');
    await server[Symbol.asyncDispose]();
    await start();
  }
  await expect
    .poll(async () => (await batchOf(id)).status, { ...patience, timeout: 300_000 })
    .toBe('completed');
  const batch = await batchOf(id);
  expect(batch.request_counts).toEqual({ total: LINES, completed: LINES * 0.99, failed: LINES * 0.01 });
  const all = Array.from({ length: LINES }, (_, index) => index);
  const indexes = async (file: string | null | undefined) =>
    (await linesOf(file)).map(({ custom_id: text }) => Number(text.slice(1)));
  expect(await indexes(batch.output_file_id)).toEqual(all.filter((index) => index % 100 !== 50));
  expect(await indexes(batch.error_file_id)).toEqual(all.filter((index) => index % 100 === 50));
});

it('a person gets a slot at once, although lines of thousands of tokens have all of them', {
  timeout: 300_000,
}, async () => {
  const { id } = await begin(16, (index) => ({
    model: 'smol',
    prompt: `Once upon a time, number ${index}`,
    max_tokens: 1500,
    temperature: 1,
    seed: index,
    // The tokens that end an answer.
    logit_bias: { 0: -100, 2: -100 },
  }));
  await expect.poll(active, patience).toBe(4);
  await post(server, '/api/generate', {
    model: 'smol',
    prompt: 'One',
    stream: false,
    options: { num_predict: 3 },
  });
  // No line was done: one of them gave way.
  expect(await doneOf(id)).toBe(0);
  await client.batches.cancel(id);
  await expect.poll(async () => (await batchOf(id)).status, patience).toBe('cancelled');
});

it('a large batch has a model that people left loaded again with more slots, and a person finds one of them free', {
  timeout: 300_000,
}, async () => {
  const ask = () =>
    post(server, '/api/generate', {
      model: 'smol',
      prompt: 'One',
      stream: false,
      options: { num_predict: 1 },
    });
  await ask();
  const { id } = await begin(200, (index) => ({
    model: 'smol',
    prompt: `Number ${index}`,
    max_tokens: 400,
    logit_bias: { 0: -100, 2: -100 },
  }));
  await expect.poll(active, patience).toBe(15);
  await ask();
  // No line was done: none had to end, nor to give way.
  expect(await doneOf(id)).toBe(0);
  await client.batches.cancel(id);
  await expect.poll(async () => (await batchOf(id)).status, patience).toBe('cancelled');
});
