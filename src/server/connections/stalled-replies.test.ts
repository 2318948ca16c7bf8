import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { silentLogger } from '../../base/logger.ts';
import { STALLED_REPLY_MS, StalledReplies } from './stalled-replies.ts';

const server = createServer();
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('cuts off a reply of which nothing was taken for long, and no other', async () => {
  const running = new Set<ServerResponse>();
  const paths: (string | undefined)[] = [];
  server.on('request', (incoming, outgoing) => {
    running.add(outgoing);
    paths.push(incoming.url);
    if (incoming.url !== '/silent') outgoing.write(Buffer.alloc(24 * 1024 * 1024));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clients = ['/stalled', '/read', '/silent'].map((path) => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    if (path !== '/stalled') socket.resume();
    return socket;
  });
  await expect.poll(() => paths.length).toBe(3);
  await expect.poll(() => [...running].filter(({ socket }) => socket?.writableLength === 0).length).toBe(2);
  const stalled = new StalledReplies(running, silentLogger);
  stalled.look(0);
  stalled.look(STALLED_REPLY_MS - 1);
  expect([...running].some(({ destroyed }) => destroyed)).toBe(false);
  stalled.look(STALLED_REPLY_MS);
  await expect
    .poll(() => [...running].map(({ socket }) => socket?.destroyed ?? true))
    .toEqual(paths.map((path) => path === '/stalled'));
  for (const client of clients) client.destroy();
});
