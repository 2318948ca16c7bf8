import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { type ListeningServer, listen } from '../serve.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { bodyStall } from './body-stall.ts';

const SILENCE_MS = 400;
/** Less than what is refused, by one look and a little. */
const SHORT_SILENCE_MS = 0.74 * SILENCE_MS;

let listening: ListeningServer;
let socket: Socket;
let text: string;
/** Bytes of the body that the route has read. */
let read: number;
/** Bytes that have arrived and that nobody has read. */
let unread: () => number;
/** Until it is resolved, the routes do not answer. */
let answer: Deferred<void>;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  read = 0;
  unread = () => 0;
  answer = createDeferred<void>();
  const app = new Hono<ServerEnvironment>();
  app.use(bodyStall(SILENCE_MS));
  app.post('/v1/read', async (context) => {
    for await (const chunk of context.req.raw.body ?? []) read += chunk.length;
    await answer.promise;
    return context.text(`${read} bytes`);
  });
  app.post('/unread', async (context) => {
    unread = () => context.env.incoming?.readableLength ?? 0;
    await answer.promise;
    return context.text(`${(await context.req.text()).length} bytes`);
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
  vi.useRealTimers();
  socket.destroy();
  await listening.close(0);
});

/** Sends the header, and waits until the watch over the body has begun. */
async function begin(path: string, length: number): Promise<void> {
  const others = vi.getTimerCount();
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`);
  await expect.poll(() => vi.getTimerCount()).toBe(others + 1);
}

it('answers 408 in the dialect of the path when the sender falls silent, and closes', async () => {
  await begin('/v1/read', 10);
  socket.write('123');
  await expect.poll(() => read).toBe(3);
  const closed = once(socket, 'close');
  vi.advanceTimersByTime(2 * SILENCE_MS);
  await closed;
  expect(text).toMatch(/^HTTP\/1\.1 408 .*connection: close/is);
  expect(text).toContain(
    '{"error":{"message":"no byte of the request body arrived for 0.4 s: send it again"',
  );
});

it('lets a slow sender go on as long as bytes arrive', async () => {
  answer.resolve();
  await begin('/v1/read', 12);
  for (let sent = 1; sent <= 12; sent += 1) {
    socket.write('x');
    await expect.poll(() => read).toBe(sent);
    vi.advanceTimersByTime(SHORT_SILENCE_MS);
  }
  await expect.poll(() => text).toMatch(/^HTTP\/1\.1 200 .*12 bytes$/s);
});

it('does not count the time in which the body is complete, or in which we do not read', async () => {
  await begin('/v1/read', 3);
  socket.write('123');
  await expect.poll(() => read).toBe(3);
  vi.advanceTimersByTime(3 * SILENCE_MS);
  answer.resolve();
  await expect.poll(() => text).toMatch(/^HTTP\/1\.1 200 .*3 bytes$/s);
  text = '';
  answer = createDeferred<void>();
  const size = 8 * 1024 * 1024;
  await begin('/unread', size);
  socket.write(Buffer.alloc(size, 'x'));
  await expect.poll(() => unread()).toBeGreaterThan(0);
  vi.advanceTimersByTime(3 * SILENCE_MS);
  answer.resolve();
  await expect.poll(() => text).toMatch(new RegExp(`^HTTP/1\\.1 200 .*${size} bytes$`, 's'));
});
