import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { expectUndisturbed, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';
import { openConnections } from './support/raw-connections.ts';

const SECONDS = 3;
/** Requests in one write: about 80 KB. */
const BLOCK = 2000;
/** Measured: 90 for one connection that reads, and 30 more for each that does not. Ten times that before. */
const MOST_MEBIBYTES = 512;

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Sends requests as fast as the connection takes them. @returns how many were sent */
async function flood(socket: Socket, path: string): Promise<number> {
  const block = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(BLOCK);
  let sent = 0;
  for (
    const end = performance.now() + SECONDS * 1000;
    performance.now() < end && socket.writable;
    sent += BLOCK
  ) {
    if (socket.write(block)) continue;
    await Promise.race([once(socket, 'drain'), once(socket, 'close'), pause(end - performance.now())]);
  }
  return sent;
}

it.each(['/api/version', '/api/tags', '/nothing'])(
  'answers others while a client sends requests for %s without waiting for replies',
  async (path) => {
    const report = await underAttack(server, `pipelined requests for ${path}`, async () => {
      const [reading] = await openConnections(server, 1);
      let replies = 0;
      reading?.on('data', (chunk) => {
        replies += String(chunk).split('HTTP/1.1 ').length - 1;
      });
      const sent = reading ? await flood(reading, path) : 0;
      reading?.destroy();
      return { sent, replies };
    });
    const { sent, replies } = report.result;
    expect(replies).toBeGreaterThan(100);
    expect(sent).toBeGreaterThan(replies);
    expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(MOST_MEBIBYTES);
    await expectUndisturbed(server, report);
  },
);

it('reads no more from clients that send requests and take no replies', async () => {
  const report = await underAttack(
    server,
    'pipelined requests of eight clients that read nothing',
    async () => {
      const sockets = await openConnections(server, 8);
      for (const socket of sockets) socket.pause();
      await Promise.all(sockets.map((socket) => flood(socket, '/api/tags')));
      const taken = sockets.map((socket) => socket.bytesWritten - socket.writableLength);
      for (const socket of sockets) socket.destroy();
      return taken;
    },
  );
  // What the buffers of two sockets hold, whatever is sent.
  for (const taken of report.result) expect(taken).toBeLessThan(32 * 1024 * 1024);
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(MOST_MEBIBYTES);
  await expectUndisturbed(server, report);
});
