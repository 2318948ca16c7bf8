import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { afterEach, expect, it } from 'vitest';
import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { type ListeningServer, listen } from '../serve.ts';
import type { ServerEnvironment } from '../server-parts.ts';

let listening: ListeningServer;
let sockets: Socket[];
let answer: Deferred<void>;
let begun: number;

async function start(headerLimitMs = 60_000): Promise<void> {
  sockets = [];
  begun = 0;
  answer = createDeferred<void>();
  const app = new Hono<ServerEnvironment>();
  app.get('/slow', async (context) => {
    begun += 1;
    await answer.promise;
    return context.text('done');
  });
  app.get('/', (context) => context.text('fine'));
  const bounds = { connections: 6, waiting: 3 };
  listening = await listen(app, { host: '127.0.0.1', port: 0 }, { bounds, headerLimitMs });
}
afterEach(async () => {
  answer.resolve();
  for (const socket of sockets) socket.destroy();
  await listening.close(0);
});

async function open(): Promise<Socket> {
  const socket = connect(listening.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}
/** All that the server sends until it closes the connection. */
async function textOf(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  if (!socket.closed) await once(socket, 'close');
  return text;
}
const isOpen = (socket: Socket) => !socket.closed && !socket.readableEnded;
const ask = (socket: Socket, path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);

it('closes the oldest connections without a request when there are too many', async () => {
  await start();
  const opened: Socket[] = [];
  for (let index = 0; index < 8; index++) {
    const socket = await open();
    socket.resume();
    opened.push(socket);
  }
  await expect.poll(() => opened.map(isOpen)).toEqual([false, false, false, false, false, true, true, true]);
  const [last] = opened.slice(-1);
  if (last) ask(last, '/');
  expect(String(await once(last as Socket, 'data'))).toContain('fine');
});

it('refuses a connection only when all others are at work', async () => {
  await start();
  const busy: Socket[] = [];
  for (let index = 0; index < 6; index++) {
    const socket = await open();
    ask(socket, '/slow');
    busy.push(socket);
    await expect.poll(() => begun).toBe(busy.length);
  }
  expect(await textOf(await open())).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 1\r\n.*too many connections/s);
  answer.resolve();
  const texts = busy.map((socket) => once(socket, 'data').then(String));
  for (const text of await Promise.all(texts)) expect(text).toContain('done');
});

it('closes a connection whose body arrives byte by byte when there is no room for another one', async () => {
  await start();
  const sending: Socket[] = [];
  for (let index = 0; index < 6; index++) {
    const socket = await open();
    socket.resume();
    socket.write('GET /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
    sending.push(socket);
    await expect.poll(() => begun).toBe(sending.length);
  }
  const next = await open();
  ask(next, '/');
  expect(String(await once(next, 'data'))).toContain('fine');
  await expect.poll(() => sending.filter(isOpen).length).toBe(5);
});

it('answers 408 to a header that takes too long, and to a client that sends nothing', async () => {
  await start(300);
  const slow = await open();
  slow.write('GET / HTTP/1.1\r\nHost: loc');
  const [partial, silent] = await Promise.all([textOf(slow), textOf(await open())]);
  expect([partial, silent]).toEqual([
    expect.stringMatching(/^HTTP\/1\.1 408 /),
    expect.stringMatching(/^HTTP\/1\.1 408 /),
  ]);
});
