import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post } from '../e2e/support/server-requests.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';
import { openConnections } from './support/raw-connections.ts';

const IDLE = 2000;
const STREAMS = 64;
const TOKENS = 20;
/** Measured: 15. Each takes about 10 KB, and the streams and the heap take the rest. */
const MOST_MEBIBYTES = 128;

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server[Symbol.asyncDispose]());

it('streams to 64 clients while 2,000 others only keep their connections open', async () => {
  const ask = { model: ordinaryModel, prompt: 'hello', options: { num_predict: TOKENS, ignore_eos: true } };
  const report = await underAttack(server, '2,000 idle connections beside 64 streams', async () => {
    const idle = await openConnections(server, IDLE);
    const texts = await Promise.all(
      Array.from({ length: STREAMS }, async () => String((await post(server, '/api/generate', ask)).body)),
    );
    const open = idle.filter((socket) => !socket.closed && !socket.readableEnded).length;
    for (const socket of idle) socket.destroy();
    return { texts, open };
  });
  for (const text of report.result.texts) expect(text).toContain('"done_reason":"length"');
  expect(report.result.open).toBe(IDLE);
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(MOST_MEBIBYTES);
  await expectUndisturbed(server, report);
});
