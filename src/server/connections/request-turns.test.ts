import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MAX_WAITING_TURNS, RequestTurns } from './request-turns.ts';

const server = createServer();
let turns: RequestTurns;
let idle: number;
let received: number;
let begun: { readonly path: string; readonly outgoing: ServerResponse }[];
let client: Socket;
let text: string;

beforeEach(async () => {
  idle = 0;
  received = 0;
  begun = [];
  text = '';
  turns = new RequestTurns({
    handle: ({ url: path = '' }, outgoing) => void begun.push({ path, outgoing }),
    onIdle: () => {
      idle += 1;
    },
  });
  server.removeAllListeners('request');
  server.on('request', (incoming, outgoing) => {
    received += 1;
    turns.receive(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.on('data', (chunk) => {
    text += chunk;
  });
});
afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const requests = (count: number) =>
  Array.from({ length: count }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join('');

it('begins a request when the one before it has been answered', async () => {
  client.write(requests(3));
  for (let count = 1; count <= 3; count++) {
    await expect.poll(() => begun.length).toBe(count);
    begun[count - 1]?.outgoing.end(`answer ${count}`);
  }
  await expect.poll(() => text.match(/answer \d/g)).toEqual(['answer 1', 'answer 2', 'answer 3']);
  expect(begun.map(({ path }) => path)).toEqual(['/0', '/1', '/2']);
  await expect.poll(() => idle).toBe(1);
});

it('stops reading while many requests wait, and answers all of them in the end', async () => {
  const count = 12_000;
  client.write(requests(count));
  await expect.poll(() => received).toBeGreaterThan(MAX_WAITING_TURNS);
  const answer = async (from: number, until: number) => {
    for (let next = from; next < until; next++) {
      while (!begun[next]) await new Promise(setImmediate);
      begun[next]?.outgoing.end('x');
    }
  };
  await answer(0, 5);
  // Node has read one or two chunks of 64 KB, whatever the socket holds.
  expect(received).toBeLessThan(count / 2);
  await answer(5, count);
  await expect.poll(() => text.match(/HTTP\/1\.1 200/g)?.length).toBe(count);
});

it('forgets waiting requests when their client leaves', async () => {
  client.write(requests(10));
  await expect.poll(() => received).toBe(10);
  const closed = once(begun[0]?.outgoing as ServerResponse, 'close');
  client.destroy();
  await closed;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(begun).toHaveLength(1);
});
