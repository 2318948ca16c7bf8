/** Child processes that crash, hang or lose their parent during their work. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { childrenOf, isRunning } from '../../fakes/processes.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, linesOf, patience, post, send } from '../support/server-requests.ts';

/** Counts without end. */
const endless = {
  model: 'smol',
  prompt: '1, 2, 3, 4, 5, 6, 7,',
  raw: true,
  options: { num_predict: -1, temperature: 0 },
};
const short = { ...endless, options: { num_predict: 3, temperature: 0 }, stream: false };
const answered = { status: 200, body: expect.objectContaining({ done: true, eval_count: 3 }) };

let server: TestServer;

const generate = (fields: Record<string, unknown>) => post(server, '/api/generate', fields);

/** Starts a stream and reads its first lines. */
async function begin(fields: Record<string, unknown> = endless) {
  const lines = linesOf(await send(server, 'POST', '/api/generate', fields));
  for (let line = 0; line < 3; line++) expect(await lines.next()).toMatchObject({ value: { done: false } });
  return lines;
}

/** Reads ten more lines, which is time enough for a request that was sent earlier to arrive. */
async function readOn(lines: AsyncGenerator): Promise<void> {
  for (let line = 0; line < 10; line++) expect(await lines.next()).toMatchObject({ value: { done: false } });
}

async function lastOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined;
  for await (const item of items) last = item;
  return last;
}

async function onlyChild(): Promise<number> {
  const children = await childrenOf(server.pid);
  expect(children).toHaveLength(1);
  return children[0] ?? 0;
}

describe('with one slot', () => {
  beforeAll(async () => {
    // Long enough for one step on a machine where other programs use every core, too.
    server = await startTestServer({ env: { OLLAMA_NUM_PARALLEL: '1', OLLAMA_RUNNER_TIMEOUT: '8s' } });
    await createModel(server, 'smol', inject('smolModelPath'));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each(['SIGKILL', 'SIGSEGV', 'SIGABRT'] as const)(
    'a child killed by %s during a stream ends the stream with an error; a new child serves waiting requests',
    async (signal) => {
      const lines = await begin();
      const child = await onlyChild();
      const waiting = [generate(short), generate(short)];
      await readOn(lines);
      process.kill(child, signal);
      const last = await lastOf(lines);
      expect(last).toEqual({ error: expect.stringContaining('model runner has unexpectedly stopped') });
      expect(last).toEqual({ error: expect.stringContaining(signal) });
      expect(await Promise.all(waiting)).toEqual([answered, answered]);
      expect(await onlyChild()).not.toBe(child);
      expect(await isRunning(child)).toBe(false);
    },
  );

  it('a hang before the first text causes an error that says to try again', async () => {
    await generate(short);
    const child = await onlyChild();
    process.kill(child, 'SIGSTOP');
    const reply = send(server, 'POST', '/api/generate', short);
    await expect.poll(() => server.output(), patience).toContain('made no progress');
    const { status, headers } = await reply;
    expect([status, headers.get('Retry-After')]).toEqual([503, '1']);
    expect(await generate(short)).toEqual(answered);
  });

  it('a child that hangs during a stream is replaced, and the stream ends with an error', async () => {
    const lines = await begin();
    const child = await onlyChild();
    const waiting = generate(short);
    await readOn(lines);
    process.kill(child, 'SIGSTOP');
    expect(await lastOf(lines)).toEqual({ error: expect.stringContaining('made no progress for 8 s') });
    expect(await waiting).toEqual(answered);
    expect(await isRunning(child)).toBe(false);
  });
});

it('a child dies with its server, even if it cannot react', async () => {
  server = await startTestServer();
  try {
    await createModel(server, 'smol', inject('smolModelPath'));
    await begin();
    const child = await onlyChild();
    // Simulates a step that never ends: nothing in the child runs any more.
    process.kill(child, 'SIGSTOP');
    process.kill(server.pid, 'SIGKILL');
    await expect.poll(() => isRunning(child), patience).toBe(false);
  } finally {
    await server[Symbol.asyncDispose]();
  }
});
