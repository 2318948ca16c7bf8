import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, linesOf, randomModelBytes, send } from '../support/server-requests.ts';

const IDLE = 512;
const ACTIVE = 64;
const TOKENS = 30;
const TIMEOUT_MS = 120_000;

let server: TestServer;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await startTestServer();
  await createModel(server, 'tiny', await randomModelBytes());
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await server[Symbol.asyncDispose]();
});

/** A connection that has received its reply and stays open, as in the connection pool of a client. */
async function idleConnection(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', () => resolve());
    socket.write('GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
  return socket;
}

async function stream(index: number): Promise<string> {
  const messages = [{ role: 'user', content: `question ${index}` }];
  const options = { num_predict: TOKENS, ignore_eos: true, seed: index };
  if (index % 2 === 0) {
    const response = await send(server, 'POST', '/api/chat', { model: 'tiny', messages, options });
    let last: Record<string, unknown> = {};
    for await (const line of linesOf(response)) last = line;
    return String(last.done_reason);
  }
  const request = { model: 'tiny', messages, options, stream: true };
  const text = await (await send(server, 'POST', '/v1/chat/completions', request)).text();
  return /"finish_reason":"(\w+)"/.exec(text)?.[1] ?? text.slice(-200);
}

it(`${IDLE} idle connections and ${ACTIVE} streams at once end without an error`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const idle = await Promise.all(Array.from({ length: IDLE }, idleConnection));
  const ends = await Promise.all(Array.from({ length: ACTIVE }, (_, index) => stream(index)));
  expect(new Set(ends)).toEqual(new Set(['length']));
  expect(idle.filter((socket) => socket.destroyed)).toEqual([]);
});
