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
import { createModel, post, randomModelBytes } from '../support/server-requests.ts';

/** A loaded machine may take long to write what is due after a second. */
const LATE_MS = 3000;
const KILLS = rounds({ change: 3, long: 8, nightly: 100 });
const request = { model: 'tiny', prompt: 'hi', stream: false };

interface Reply {
  /** When it came, by the clock of this process. */
  readonly at: number;
  readonly prompt: number;
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

/** Three clients ask until the server is killed. */
async function askUntilKilled(server: TestServer, milliseconds: number) {
  const replies: Reply[] = [];
  let sent = 0;
  const client = async () => {
    for (;;) {
      sent++;
      const options = { num_predict: 1 + (sent % 5), ignore_eos: true };
      const reply = await post(server, '/api/generate', { ...request, options }).catch(() => undefined);
      if (reply?.status !== 200) return;
      const { prompt_eval_count: prompt, eval_count: output } = reply.body as Record<string, number>;
      replies.push({ at: performance.now(), prompt: prompt ?? 0, output: output ?? 0 });
    }
  };
  const clients = [client(), client(), client()];
  await pause(milliseconds);
  const killed = performance.now();
  process.kill(server.pid, 'SIGKILL');
  await Promise.all(clients);
  return { sent, replies, safe: replies.filter(({ at }) => at < killed - LATE_MS) };
}

it(`loses at most the last moment to kill -9, and is right afterwards, ${KILLS} times`, {
  timeout: 60_000 * KILLS,
}, async () => {
  const random = seededRandom(seedFrom(2104));
  let known = { requests: 0, output_tokens: 0 };
  let checked = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const { sent, replies, safe } = await askUntilKilled(await start(), LATE_MS + random() * 2000);
    const next = await start();
    const total = await totalOf(next);
    const written = safe.reduce((sum, { output }) => sum + output, 0);
    checked += safe.length;
    expect(total.requests).toBeGreaterThanOrEqual(known.requests + safe.length);
    expect(total.requests).toBeLessThanOrEqual(known.requests + sent);
    expect(total.output_tokens).toBeGreaterThanOrEqual(known.output_tokens + written);
    // Every prompt has the same number of tokens: whatever is counted is counted as a whole.
    expect(total.prompt_tokens).toBe(total.requests * (replies[0]?.prompt ?? 0));
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
  expect(checked).toBeGreaterThan(0);
  for (const name of await readdir(join(folder, '.ollama', 'usage'))) {
    const text = await readFile(join(folder, '.ollama', 'usage', name), 'utf8');
    const lines = text.split('\n').slice(0, -1);
    expect(() => lines.map((line) => JSON.parse(line))).not.toThrow();
  }
});
