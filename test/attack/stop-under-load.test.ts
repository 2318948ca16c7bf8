import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { send } from '../e2e/support/server-requests.ts';
import { isRunning } from '../fakes/processes.ts';
import { ordinaryModel, startAttackedServer } from './support/attacked-server.ts';

const CLIENTS = 60;
const GRACE_MS = 4000;
const STREAMS = 4;

/** What a client saw: a status, with "complete" or not, or the code of an error. */
function outcomeOf(server: TestServer, path: string, agent: Agent | false): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request(server.url + path, { agent }, (incoming) => {
      incoming.resume();
      incoming.on('error', ({ message }) => resolve(message));
      incoming.on('end', () => {
        const isWhole = incoming.complete && (incoming.statusCode !== 503 || incoming.headers['retry-after']);
        resolve(isWhole ? String(incoming.statusCode) : 'incomplete');
      });
    });
    outgoing.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    outgoing.end();
  });
}

/** Asks for the same path again and again until the server refuses connections. @returns what it saw, without repetitions */
async function loopOf(server: TestServer, path: string, agent: Agent | false): Promise<string[]> {
  const seen: string[] = [];
  while (seen.at(-1) !== 'ECONNREFUSED') {
    const outcome = await outcomeOf(server, path, agent);
    if (outcome !== seen.at(-1)) seen.push(outcome);
  }
  return seen;
}

it.each([
  ['new connections', false],
  ['connections that are kept', true],
])('after SIGTERM, clients that come by %s get replies until they are refused', async (_, keepAlive) => {
  const server = await startAttackedServer({
    env: { OLLAMA_DRAIN_GRACE: `${GRACE_MS}ms`, OLLAMA_SHUTDOWN_TIMEOUT: '5s' },
  });
  const agent = new Agent({ keepAlive });
  try {
    // They end before the shutdown timeout, or with an error in their stream, but never in the middle of a line.
    const ask = { model: ordinaryModel, prompt: 'hello', options: { num_predict: 100, ignore_eos: true } };
    const streams = Array.from({ length: STREAMS }, async () =>
      (await send(server, 'POST', '/api/generate', ask)).text(),
    );
    const used = keepAlive ? agent : false;
    const clients = Array.from({ length: CLIENTS }, () => loopOf(server, '/api/tags', used));
    await pause(300);
    const stopped = performance.now();
    process.kill(server.pid, 'SIGTERM');
    await expect.poll(() => outcomeOf(server, '/health', false), { interval: 10, timeout: 2000 }).toBe('503');
    expect(await outcomeOf(server, '/api/tags', false)).toBe('200');
    for (const seen of await Promise.all(clients)) expect(seen).toEqual(['200', '503', 'ECONNREFUSED']);
    expect(performance.now() - stopped).toBeGreaterThanOrEqual(GRACE_MS);
    for (const text of await Promise.all(streams)) {
      const lines = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'length' });
    }
    await expect.poll(() => isRunning(server.pid), { timeout: 10_000 }).toBe(false);
  } finally {
    agent.destroy();
    await server[Symbol.asyncDispose]();
  }
});
