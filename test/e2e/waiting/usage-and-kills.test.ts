/** What usage has counted when a server is killed. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { UsageFigures, UsageResponse } from '../../../src/api/usage.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../scale.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, patience, post, randomModelBytes } from '../support/server-requests.ts';

/** A loaded machine may take long to write what is due after a second. */
const LATE_MS = 3000;
const KILLS = rounds({ change: 3, long: 8, nightly: 100 });
const request = { model: 'tiny', prompt: 'hi', stream: false };

interface Reply {
  /** When it came, by the clock of this process. */
  readonly at: number;
  readonly output: number;
}

let folder: string;
const servers: TestServer[] = [];

/** A server with the same store and the same user as the others. */
async function start(): Promise<TestServer> {
  const server = await startTestServer({ modelsFolder: join(folder, 'models'), env: { HOME: folder } });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usage-'));
  const server = await start();
  await createModel(server, 'tiny', await randomModelBytes());
  await server.stop();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function totalOf(server: TestServer): Promise<UsageFigures> {
  return ((await (await fetch(`${server.url}/api/usage`)).json()) as UsageResponse).total;
}

/** @returns the tokens of the prompt, and what is counted after this first request */
async function askOnce(): Promise<{ prompt: number; total: UsageFigures }> {
  const server = await start();
  const { body } = await post(server, '/api/generate', { ...request, options: { num_predict: 1 } });
  const { prompt_eval_count: prompt = 0 } = body as Record<string, number>;
  expect(prompt).toBeGreaterThan(0);
  const total = await totalOf(server);
  await server.stop();
  return { prompt, total };
}

/** Three clients ask until the server is killed, this long after the first reply. */
async function askUntilKilled(server: TestServer, milliseconds: number) {
  const replies: Reply[] = [];
  let sent = 0;
  const client = async () => {
    for (;;) {
      sent++;
      const options = { num_predict: 1 + (sent % 5), ignore_eos: true };
      const reply = await post(server, '/api/generate', { ...request, options }).catch(() => undefined);
      if (reply?.status !== 200) return;
      const { eval_count: output = 0 } = reply.body as Record<string, number>;
      replies.push({ at: performance.now(), output });
    }
  };
  const clients = [client(), client(), client()];
  await expect.poll(() => replies.length, patience).toBeGreaterThan(0);
  await pause(milliseconds);
  const killed = performance.now();
  process.kill(server.pid, 'SIGKILL');
  await Promise.all(clients);
  return { sent, safe: replies.filter(({ at }) => at < killed - LATE_MS) };
}

it(`loses at most the last moment to kill -9, and is right afterwards, ${KILLS} times`, {
  timeout: 60_000 * KILLS,
}, async () => {
  const random = seededRandom(seedFrom(2104));
  // Every prompt has the same number of tokens: whatever is counted is counted as a whole.
  const { prompt, total: first } = await askOnce();
  let known: UsageFigures = first;
  for (let kill = 0; kill < KILLS; kill++) {
    const { sent, safe } = await askUntilKilled(await start(), LATE_MS + random() * 2000);
    const next = await start();
    const total = await totalOf(next);
    const written = safe.reduce((sum, { output }) => sum + output, 0);
    expect(safe.length).toBeGreaterThan(0);
    expect(total.requests).toBeGreaterThanOrEqual(known.requests + safe.length);
    expect(total.requests).toBeLessThanOrEqual(known.requests + sent);
    expect(total.output_tokens).toBeGreaterThanOrEqual(known.output_tokens + written);
    expect(total.prompt_tokens).toBe(total.requests * prompt);
    const reply = await post(next, '/api/generate', {
      ...request,
      options: { num_predict: 6, ignore_eos: true },
    });
    expect(reply.status).toBe(200);
    known = await totalOf(next);
    expect(known.requests).toBe(total.requests + 1);
    expect(known.output_tokens).toBe(total.output_tokens + 6);
    await next.stop();
  }
  for (const name of await readdir(join(folder, '.ollama', 'usage'))) {
    const text = await readFile(join(folder, '.ollama', 'usage', name), 'utf8');
    const lines = text.split('\n').slice(0, -1);
    expect(() => lines.map((line) => JSON.parse(line))).not.toThrow();
  }
});
