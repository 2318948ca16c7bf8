/** Timing must not tell one API key what another asked, in memory or after a restart from disk. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeKeys } from '../../../src/access/stored-keys.ts';
import { keyRecord } from '../../fakes/access/key-records.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, randomModelBytes } from '../support/server-requests.ts';

/** Some 300 tokens of the random model. */
const prompt = 'The quick brown fox jumps over the lazy dog, and the dog does not mind. '.repeat(4);

let folder: string;
let server: TestServer;

const start = () =>
  startTestServer({
    modelsFolder: join(folder, 'models'),
    env: {
      HOME: join(folder, 'home'),
      OLLAMA_KV_CACHE_DIR: join(folder, 'states'),
      OLLAMA_KV_CACHE_BUDGET: '64MB',
      OLLAMA_REQUIRE_KEY: 'off',
      OLLAMA_NUM_PARALLEL: '2',
    },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'salted-'));
  await mkdir(join(folder, 'models'), { recursive: true });
  await mkdir(join(folder, 'home', '.ollama'), { recursive: true });
  const records = ['ok-a', 'ok-b'].map((key) => keyRecord(key, { name: key.slice(3), scopes: ['admin'] }));
  await writeFile(join(folder, 'home', '.ollama', 'keys.json'), encodeKeys(records), { mode: 0o600 });
  server = await start();
  await createModel(server, 'tiny', await randomModelBytes({ contextLength: 2048 }));
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** @returns number of tokens of the prompt, and how many of these were computed before */
async function ask(key?: string, fields: object = {}): Promise<{ prompt: number; cached: number }> {
  const response = await fetch(`${server.url}/api/generate`, {
    method: 'POST',
    headers: key === undefined ? {} : { Authorization: `Bearer ${key}` },
    body: JSON.stringify({
      ...{ model: 'tiny', prompt, raw: true, stream: false, verbose_metrics: true },
      options: { num_predict: 1, num_ctx: 2048 },
      ...fields,
    }),
  });
  const reply = (await response.json()) as Record<string, number>;
  expect([response.status, reply.error]).toEqual([200, undefined]);
  return { prompt: reply.prompt_eval_count ?? 0, cached: reply.prompt_eval_cached ?? 0 };
}

it('shares computed prompts among the requests of one key, and never with another, also over a restart', async () => {
  expect((await ask()).cached).toBe(0);
  const first = await ask('ok-a');
  expect(first.cached).toBe(0);
  expect(first.prompt).toBeGreaterThan(100);
  expect((await ask('ok-a')).cached).toBeGreaterThan(first.prompt / 2);
  expect((await ask('ok-b')).cached).toBe(0);
  expect((await ask('ok-a', { cache_salt: 'x' })).cached).toBe(0);
  // Requests that arrive together share nothing either.
  const other = { prompt: prompt.toUpperCase() };
  const together = await Promise.all([ask('ok-a', other), ask('ok-b', other)]);
  expect(together.map(({ cached }) => cached)).toEqual([0, 0]);

  await server.stop();
  server = await start();
  const third = { prompt: prompt.toLowerCase() };
  expect((await ask('ok-b', third)).cached).toBe(0);
  expect((await ask('ok-b', other)).cached).toBeGreaterThan(first.prompt / 2);
  expect((await ask('ok-a', third)).cached).toBe(0);
  expect((await ask('ok-a', other)).cached).toBeGreaterThan(first.prompt / 2);
  // Without a key, and so as before there were any.
  expect((await ask(undefined, other)).cached).toBe(0);
});
