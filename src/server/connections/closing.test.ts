import { Agent, request } from 'node:http';
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { listen } from '../serve.ts';
import type { ServerEnvironment } from '../server-parts.ts';

const CLIENTS = 30;

async function ask(port: number, agent: Agent | false): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request({ port, host: '127.0.0.1', path: '/', method: 'POST', agent }, (incoming) => {
      incoming.resume();
      incoming.on('error', ({ message }) => resolve(message));
      incoming.on('end', () => resolve(incoming.complete ? String(incoming.statusCode) : 'incomplete'));
    });
    outgoing.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    outgoing.end('some bytes');
  });
}

it.each([
  ['new connections', false],
  ['connections that are kept', true],
])('answers every client that comes by %s, or refuses it, and resets none', async (_, keepAlive) => {
  const app = new Hono<ServerEnvironment>();
  const stopping = { hasBegun: false, refuses: false };
  app.all('/', (context) => context.text('', stopping.refuses ? 503 : 200));
  const listening = await listen(app, { host: '127.0.0.1', port: 0 }, { stopping });
  const agent = new Agent({ keepAlive });
  const seen = new Map<string, number>();
  const client = async () => {
    for (let outcome = ''; outcome !== 'ECONNREFUSED'; ) {
      outcome = await ask(listening.port, keepAlive ? agent : false);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  await expect.poll(() => seen.get('200') ?? 0).toBeGreaterThan(CLIENTS);
  stopping.hasBegun = true;
  stopping.refuses = true;
  await expect.poll(() => seen.has('503')).toBe(true);
  await listening.close();
  await clients;
  agent.destroy();
  expect([...seen.keys()].sort()).toEqual(['200', '503', 'ECONNREFUSED']);
  expect(seen.get('ECONNREFUSED')).toBe(CLIENTS);
});
