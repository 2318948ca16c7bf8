import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ListeningServer, listen } from '../serve.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { bodyStall } from './body-stall.ts';

/** A busy machine needs longer than vitest waits by default. */
const patience = { timeout: 10_000, interval: 5 };

const SILENCE_MS = 400;
let listening: ListeningServer;
let socket: Socket;
let text: string;

beforeEach(async () => {
  const app = new Hono<ServerEnvironment>();
  app.use(bodyStall(SILENCE_MS));
  app.post('/echo', async (context) => context.text(await context.req.text()));
  app.post('/v1/late', async (context) => {
    await context.req.text();
    await pause(3 * SILENCE_MS);
    return context.text('late');
  });
  app.post('/unread', async (context) => {
    await pause(3 * SILENCE_MS);
    return context.text(`${(await context.req.text()).length}`);
  });
  listening = await listen(app, { host: '127.0.0.1', port: 0 });
  socket = connect(listening.port, '127.0.0.1').on('error', () => undefined);
  text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'connect');
});
afterEach(async () => {
  socket.destroy();
  await listening.close(0);
});

const begin = (path: string, length: number) =>
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`);

it('answers 408 in the dialect of the path when the sender falls silent, and closes', async () => {
  begin('/v1/late', 10);
  socket.write('123');
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 408 .*connection: close/is);
  expect(text).toContain(
    '{"error":{"message":"no byte of the request body arrived for 0.4 s: send it again"',
  );
});

it('lets a slow sender go on as long as bytes arrive', async () => {
  begin('/echo', 12);
  for (const byte of 'abcdefghijkl') {
    socket.write(byte);
    await pause(SILENCE_MS / 8);
  }
  await expect.poll(() => text, patience).toMatch(/^HTTP\/1\.1 200 .*abcdefghijkl$/s);
});

it('does not count the time in which the body is complete, or in which we do not read', async () => {
  begin('/v1/late', 3);
  socket.write('123');
  await expect.poll(() => text, patience).toMatch(/^HTTP\/1\.1 200 .*late$/s);
  text = '';
  const size = 8 * 1024 * 1024;
  begin('/unread', size);
  socket.write(Buffer.alloc(size, 'x'));
  await expect.poll(() => text, patience).toMatch(new RegExp(`^HTTP/1\\.1 200 .*${size}$`, 's'));
});
