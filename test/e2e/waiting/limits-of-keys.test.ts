/** Limits of API keys with the built server: 64 connections, a restart, and the official Python libraries. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyLimits } from '../../../src/access/caller-key.ts';
import { encodeKeys } from '../../../src/access/stored-keys.ts';
import { keyRecord } from '../../fakes/access/key-records.ts';
import { hasPython, INSTALL_TIMEOUT_MS, pythonWithClients } from '../../fakes/python-environment.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, randomModelBytes } from '../support/server-requests.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../support/limited-clients.py', import.meta.url));
/** More than the minute that a client waits in it. */
const TIMEOUT_MS = 180_000;

const python = await hasPython();
const limits: Readonly<Record<string, KeyLimits>> = {
  'ok-requests': { requestsPerMinute: 150 },
  'ok-tokens': { tokensPerMinute: 2000 },
  'ok-day': { requestsPerDay: 3 },
  'ok-openai': { requestsPerMinute: 1 },
  'ok-anthropic': { requestsPerMinute: 1 },
  'ok-admin': {},
};

let folder: string;
let server: TestServer;

const start = () =>
  startTestServer({ modelsFolder: join(folder, 'models'), env: { HOME: join(folder, 'home') } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'limited-'));
  await mkdir(join(folder, 'models'), { recursive: true });
  await mkdir(join(folder, 'home', '.ollama'), { recursive: true });
  await start().then((first) => makeModel(first));
  const records = Object.entries(limits).map(([key, own]) =>
    keyRecord(key, { name: key.slice(3), scopes: ['admin'], limits: own }),
  );
  await writeFile(join(folder, 'home', '.ollama', 'keys.json'), encodeKeys(records), { mode: 0o600 });
  server = await start();
});

/** Before there is a key. */
async function makeModel(first: TestServer): Promise<void> {
  await createModel(first, 'tiny', await randomModelBytes({ contextLength: 512 }));
  await first.stop();
}

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function ask(key: string, fields: object = {}): Promise<{ status: number; tokens: number }> {
  const response = await fetch(`${server.url}/api/generate`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'tiny', prompt: 'x', raw: true, stream: false, ...fields }),
  });
  const reply = (await response.json()) as Record<string, number>;
  return { status: response.status, tokens: (reply.prompt_eval_count ?? 0) + (reply.eval_count ?? 0) };
}

/** The statuses of four requests of each of 64 clients. */
async function ofManyClients(request: () => ReturnType<typeof ask>) {
  const client = async () => {
    const replies = [];
    for (let count = 0; count < 4; count++) replies.push(await request());
    return replies;
  };
  return (await Promise.all(Array.from({ length: 64 }, client))).flat();
}

it('serves 64 clients of a key as often as its limit allows', { timeout: TIMEOUT_MS }, async () => {
  const replies = await ofManyClients(() => ask('ok-requests', { options: { num_predict: 1 } }));
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(150);
  expect(replies.filter(({ status }) => status === 429)).toHaveLength(4 * 64 - 150);
});

it('gives 64 clients of a key the tokens that its limit allows', { timeout: TIMEOUT_MS }, async () => {
  const replies = await ofManyClients(() =>
    ask('ok-tokens', { prompt: 'ten words', options: { num_predict: 8, ignore_eos: true } }),
  );
  const used = replies.reduce((sum, { tokens }) => sum + tokens, 0);
  expect(used).toBeLessThanOrEqual(2000);
  expect(used).toBeGreaterThanOrEqual(0.95 * 2000);
});

it('remembers what was used today over a restart and a kill', { timeout: TIMEOUT_MS }, async () => {
  const askOnce = () => ask('ok-day', { options: { num_predict: 1 } });
  expect([(await askOnce()).status, (await askOnce()).status]).toEqual([200, 200]);
  await server.stop();
  server = await start();
  expect((await askOnce()).status).toBe(200);
  // It is written within a second.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  process.kill(server.pid, 'SIGKILL');
  await server.stop();
  server = await start();
  expect((await askOnce()).status).toBe(429);
});

it.skipIf(!python)(
  'raises the errors of the official Python libraries, which succeed after the wait',
  { timeout: INSTALL_TIMEOUT_MS + TIMEOUT_MS },
  async () => {
    const interpreter = await pythonWithClients();
    const env = { ...process.env, SERVER_URL: server.url };
    const { stdout } = await run(interpreter, [script], { env, timeout: TIMEOUT_MS });
    expect(stdout.trim().split('\n')).toHaveLength(7);
  },
);
