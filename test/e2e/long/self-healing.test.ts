/** A server that shuts down cleanly, reports its health, and recovers from failures. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { processOf } from '../../../src/runner/process-table.ts';
import { childrenOf, isRunning } from '../../fakes/processes.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, linesOf, patience, post, send } from '../support/server-requests.ts';

const prompt = { model: 'smol', prompt: '1, 2, 3, 4, 5, 6, 7,', raw: true };
const generation = (tokens: number) => ({ ...prompt, options: { num_predict: tokens, temperature: 0 } });
const short = { ...generation(3), stream: false };
const answered = { status: 200, body: expect.objectContaining({ done: true, eval_count: 3 }) };

let store: TestServer;
let server: TestServer;
let home: string;

const start = async (env: Record<string, string> = {}) => {
  server = await startTestServer({ env: { HOME: home, ...env }, modelsFolder: store.modelsFolder });
};
const generate = (fields: object) => post(server, '/api/generate', fields);
const health = async (query = '') => {
  const response = await fetch(`${server.url}/health${query}`);
  return {
    status: response.status,
    body: (await response.json()) as { checks: { name: string; ok: boolean }[] },
  };
};

/** Starts a stream and reads its first lines. */
async function begin(fields: object) {
  const lines = linesOf(await send(server, 'POST', '/api/generate', fields));
  for (let line = 0; line < 3; line += 1)
    expect(await lines.next()).toMatchObject({ value: { done: false } });
  return lines;
}

async function lastOf(lines: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown;
  for await (const line of lines) last = line;
  return last;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ollama-home-'));
  store = await startTestServer();
  await createModel(store, 'smol', inject('smolModelPath'));
  await store.stop();
});
afterEach(() => server?.stop());
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

describe('a stopping server', () => {
  it('lets running and waiting requests finish, and refuses new ones', async () => {
    await start({ OLLAMA_NUM_PARALLEL: '1', OLLAMA_SHUTDOWN_TIMEOUT: '60s' });
    const running = await begin(generation(60));
    const waiting = generate(short);
    await pause(200);
    process.kill(server.pid, 'SIGTERM');
    await expect.poll(async () => (await fetch(server.url)).headers.get('Retry-After'), patience).toBe('1');
    expect(await lastOf(running)).toMatchObject({ done: true, eval_count: 60 });
    expect(await waiting).toMatchObject({ status: 200, body: { done: true } });
    await expect.poll(() => isRunning(server.pid), patience).toBe(false);
    expect(server.output()).toContain('waiting for unfinished requests');
  });

  it.each([
    ['/api/generate', generation(-1), /"error":"the model was unloaded/],
    [
      '/v1/completions',
      { model: 'smol', prompt: 'one, two,', max_tokens: 4000, stream: true },
      /data: \{"error":[^\n]*the model was unloaded[^\n]*\n\ndata: \[DONE\]/,
    ],
    [
      '/v1/messages',
      {
        model: 'smol',
        messages: [{ role: 'user', content: 'Count to a thousand.' }],
        max_tokens: 4000,
        stream: true,
      },
      /event: error\ndata: [^\n]*the model was unloaded/,
    ],
  ])(
    'reports to a stream of %s, in the format of its API, that it was cut off',
    async (path, body, expected) => {
      await start({ OLLAMA_SHUTDOWN_TIMEOUT: '300ms' });
      const response = await send(server, 'POST', path, {
        ...body,
        options: { num_predict: -1, ignore_eos: true },
      });
      const text = response.text();
      await expect.poll(async () => (await childrenOf(server.pid)).length, patience).toBe(1);
      await pause(1500);
      process.kill(server.pid, 'SIGTERM');
      expect((await text).slice(-1000)).toMatch(expected);
      await expect.poll(() => isRunning(server.pid), patience).toBe(false);
    },
  );
});

describe('a crash', () => {
  it('under load fails only the running requests', async () => {
    await start({ OLLAMA_NUM_PARALLEL: '2' });
    const running = [await begin(generation(-1)), await begin(generation(-1))];
    const waiting = Array.from({ length: 4 }, () => generate(short));
    const [child = 0] = await childrenOf(server.pid);
    await pause(200);
    process.kill(child, 'SIGKILL');
    for (const lines of running)
      expect(await lastOf(lines)).toEqual({ error: expect.stringContaining('stopped') });
    for (const reply of await Promise.all(waiting)) expect(reply).toEqual(answered);
  });
});

describe('GET /health', () => {
  it('returns 200 while the server is healthy, and requests a token from a model', async () => {
    await start();
    expect((await health()).status).toBe(200);
    const { status, body } = await health('?model=smol');
    expect([status, body.checks.at(-1)]).toEqual([200, { name: 'answer of smol', ok: true }]);
    expect((await health('?model=missing')).status).toBe(404);
    await pause(1100);
    expect((await health()).body.checks).toContainEqual({ name: 'model smol:latest', ok: true });
  });

  it('returns 200 while a model computes a long prompt, and 503 while one hangs', async () => {
    await start({ OLLAMA_RUNNER_TIMEOUT: '0', OLLAMA_NUM_PARALLEL: '1' });
    await generate(short);
    const [child = 0] = await childrenOf(server.pid);
    const long = generate({ ...short, prompt: 'word '.repeat(1500) });
    expect((await health()).status).toBe(200);
    expect(await long).toMatchObject({ status: 200 });
    await pause(1100);
    process.kill(child, 'SIGSTOP');
    try {
      const { status, body } = await health();
      expect([status, body.checks.filter(({ ok }) => !ok)]).toEqual([
        503,
        [{ name: 'model smol:latest', ok: false, detail: 'no answer within 5 s' }],
      ]);
      expect((await health('?live')).status).toBe(200);
    } finally {
      process.kill(child, 'SIGCONT');
    }
  });
});

describe('a process that outlived its server', () => {
  it('is killed by the next server, but a similar one is not', async () => {
    const engine = fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url));
    const idle = (mark: string) =>
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', mark], { stdio: 'ignore' });
    const [orphan, bystander] = [idle(engine), idle('another program')];
    try {
      await start();
      await server.stop();
      for (const { pid = 0 } of [orphan, bystander]) {
        const entry = await processOf(pid);
        const record = { pid, startedAt: entry?.startedAt, server: { pid: server.pid, startedAt: 'gone' } };
        await writeFile(join(home, '.ollama', 'run', `${pid}.json`), JSON.stringify(record));
      }
      await start();
      await expect.poll(() => isRunning(orphan.pid ?? 0), patience).toBe(false);
      expect(await isRunning(bystander.pid ?? 0)).toBe(true);
      expect(server.output()).toContain('had outlived its server');
    } finally {
      orphan.kill('SIGKILL');
      bystander.kill('SIGKILL');
    }
  });

  it('does not exist after a server is killed, because its children end with it', async () => {
    await start();
    await generate(short);
    const [child = 0] = await childrenOf(server.pid);
    process.kill(child, 'SIGSTOP');
    process.kill(server.pid, 'SIGKILL');
    await expect.poll(() => isRunning(child), patience).toBe(false);
  });
});
