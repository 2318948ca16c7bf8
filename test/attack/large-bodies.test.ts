/** Bodies that are within the limit of bytes and expensive to read. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post } from '../e2e/support/server-requests.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const repeated = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => part(index)).join(',');
const keys = (count: number) => repeated(count, (index) => `"key${index}":1`);
const chat = (fields: string) => `{"model":"${ordinaryModel}","stream":false,${fields}}`;
const one = '"options":{"num_predict":1}';

/** [what is sent, path, body, status, part of the reply] */
type Sent = readonly [name: string, path: string, body: string, status: number, reply: string];

const bodies: readonly Sent[] = [
  ['330,000 unknown keys', '/api/generate', chat(`"prompt":"a",${one},${keys(330_000)}`), 200, '"done":true'],
  ['4 million unknown keys', '/api/chat', chat(keys(4_000_000)), 400, 'more than 1000000 keys'],
  [
    'unknown options',
    '/api/generate',
    chat(`"prompt":"a","options":{"num_predict":1,${keys(300_000)}}`),
    200,
    '"done":true',
  ],
  ['200,001 messages', '/api/chat', chat(`"messages":[${repeated(200_001, () => '{}')}]`), 400, 'messages'],
  ['wrong tokens', '/api/generate', chat(`"context":[${repeated(490_000, () => '"a"')}]`), 400, 'context[0]'],
  ['stop texts', '/v1/completions', chat(`"stop":[${repeated(490_000, () => '"a"')}]`), 400, 'stop'],
  [
    'logit biases',
    '/api/generate',
    chat(`"options":{"logit_bias":{${keys(330_000)}}}`),
    400,
    'at most 1024 biases',
  ],
  ['tools', '/v1/chat/completions', chat(`"tools":[${repeated(300_000, () => '{}')}]`), 400, 'tools'],
  [
    'calls with long arguments',
    '/v1/chat/completions',
    chat(
      `"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{\\"a\\":[${'1,'.repeat(4_000_000)}1]}"}}]}]`,
    ),
    400,
    'the prompt is longer',
  ],
  [
    'items of calls',
    '/v1/responses',
    chat(
      `"input":[${repeated(90_000, () => '{"type":"function_call","name":"f"}')},{"type":"no such type"}]`,
    ),
    400,
    'the prompt is longer',
  ],
];

it.each(bodies)('%s: an answer or a refusal, and nobody waits', async (name, path, body, status, part) => {
  const report = await underAttack(server, `${name}, twice`, () =>
    Promise.all([post(server, path, body), post(server, path, body)]),
  );
  for (const reply of report.result) {
    expect(reply.status, JSON.stringify(reply.body).slice(0, 500)).toBe(status);
    expect(JSON.stringify(reply.body)).toContain(part);
  }
  // 640 MB were needed for 4 MB of unknown keys once; two bodies of 40 MB are among these.
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(700);
  await expectUndisturbed(server, report);
});

it('a body in pieces of one byte takes memory for its bytes, not for its pieces', async () => {
  const { hostname, port } = new URL(server.url);
  // Each chunk of the transfer coding becomes a buffer of its own in the server.
  const chunks = '1\r\nx\r\n'.repeat(100_000);
  const report = await underAttack(server, '2 MB in chunks of one byte', async () => {
    const socket = connect(Number(port), hostname);
    const closed = text(socket);
    socket.write('POST /api/chat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n');
    socket.write('Transfer-Encoding: chunked\r\n\r\n');
    for (let sent = 0; sent < 20; sent += 1) {
      if (!socket.write(chunks)) await once(socket, 'drain');
    }
    socket.write('0\r\n\r\n');
    return closed;
  });
  expect(report.result).toContain('400 Bad Request');
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(150);
  await expectUndisturbed(server, report);
});
