import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../../e2e/support/server-process.ts';
import { sha256 } from '../../e2e/support/server-requests.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from '../support/attacked-server.ts';
import { underAttack } from '../support/measure.ts';
import { openConnections, postHeader, textUntilClosed } from '../support/raw-connections.ts';

const CLIENTS = 100;
/** Longer than the limits of header and body, which are a minute and a quarter of it. */
const UPLOAD_MS = 80_000;
const DRIP_MS = 2000;

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Headers of which another byte arrives every two seconds, without end. */
async function slowHeaders(): Promise<string[]> {
  const sockets = await openConnections(server, CLIENTS);
  for (const socket of sockets) socket.write('GET /api/tags HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('x');
  }, DRIP_MS);
  try {
    return await Promise.all(sockets.map(textUntilClosed));
  } finally {
    clearInterval(timer);
  }
}

/** Bodies of which nothing arrives after the first bytes. */
async function stalledBodies(path: string): Promise<string[]> {
  const sockets = await openConnections(server, CLIENTS);
  for (const socket of sockets) socket.write(`${postHeader(path, 1000)}{"model":"${ordinaryModel}"`);
  return Promise.all(sockets.map(textUntilClosed));
}

/** An upload that takes longer than all limits, of which a byte arrives every two seconds. */
async function slowUpload(): Promise<string> {
  const content = 'x'.repeat(UPLOAD_MS / DRIP_MS);
  const [socket] = await openConnections(server, 1);
  if (!socket) throw new Error('there is no connection');
  socket.write(
    postHeader(`/api/blobs/${sha256(content)}`, content.length).replace('\r\n', '\r\nConnection: close\r\n'),
  );
  for (const byte of content) {
    await pause(DRIP_MS);
    socket.write(byte);
  }
  return textUntilClosed(socket);
}

it('refuses slow headers and stalled bodies after a minute, and lets slow uploads go on', {
  timeout: 3 * UPLOAD_MS,
}, async () => {
  const before = (await fetch(`${server.url}/api/tags`)).status;
  const report = await underAttack(server, '100 slow headers and 200 stalled bodies', () =>
    Promise.all([
      slowHeaders(),
      stalledBodies('/api/chat'),
      stalledBodies(`/api/blobs/${sha256('never sent')}`),
      slowUpload(),
    ]),
  );
  expect(before).toBe(200);
  const [headers, chats, uploads, slow] = report.result;
  for (const text of headers) expect(text).toMatch(/^HTTP\/1\.1 408 /);
  for (const text of [...chats, ...uploads]) {
    expect(text).toMatch(/^HTTP\/1\.1 408 .*"no byte of the request body arrived for 60 s: send it again"/s);
  }
  expect(slow).toMatch(/^HTTP\/1\.1 201 /);
  await expectUndisturbed(server, report);
});
