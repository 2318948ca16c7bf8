import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post } from '../e2e/support/server-requests.ts';
import {
  expectOrdinaryAnswer,
  expectUndisturbed,
  ordinaryModel,
  startAttackedServer,
} from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server[Symbol.asyncDispose]());

it('refuses bodies nested as deeply as fits, and serves others meanwhile', async () => {
  const depth = 250_000;
  const body = `{"model":"${ordinaryModel}","tools":${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}}`;
  const report = await underAttack(server, 'four bodies nested 500,000 levels deep', () =>
    Promise.all(Array.from({ length: 4 }, () => post(server, '/api/chat', body))),
  );
  for (const { status, body } of report.result) {
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: expect.stringContaining('nested more than 200 levels') });
  }
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(1024);
  await expectUndisturbed(server, report);
});

it('serves on when the senders of large bodies hang up in the middle', async () => {
  const half = `{"model":"${ordinaryModel}","messages":[{"role":"user","content":"${'x'.repeat(8_000_000)}`;
  const headers = { 'Content-Length': String(2 * half.length) };
  const hangUp = async () => {
    const outgoing = request(`${server.url}/api/chat`, { method: 'POST', headers, agent: false });
    const failed = once(outgoing, 'error');
    outgoing.write(half, () => outgoing.destroy(new Error('hung up')));
    await failed;
  };
  const report = await underAttack(server, 'eight half bodies of 8 MB', () =>
    Promise.all(Array.from({ length: 8 }, hangUp)),
  );
  await expectUndisturbed(server, report);
  await Promise.all(Array.from({ length: 8 }, () => expectOrdinaryAnswer(server)));
});
