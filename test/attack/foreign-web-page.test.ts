import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post, sendRaw } from '../e2e/support/server-requests.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
  await post(server, '/api/unload', { model: ordinaryModel, stream: false });
});
afterAll(() => server[Symbol.asyncDispose]());

/** What a browser sends for an image, a frame, a link and a form of another page. */
const asked = [
  ['GET', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }],
  ['GET', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }],
  ['GET', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }],
  ['HEAD', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'empty' }],
  [
    'POST',
    {
      Origin: 'https://evil.example',
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Mode': 'no-cors',
      'Sec-Fetch-Dest': 'empty',
    },
  ],
] as const;

it('a web page cannot make the server load a model', async () => {
  const path = `/health?model=${ordinaryModel}`;
  const report = await underAttack(server, '200 requests of a web page', () =>
    Promise.all(
      Array.from({ length: 40 }, () => asked)
        .flat()
        .map(([method, headers]) => sendRaw(server, { method, path, headers })),
    ),
  );
  expect(new Set(report.result.map(({ status }) => status))).toEqual(new Set([403]));
  const loaded = await sendRaw(server, { path: '/api/ps' });
  expect(loaded.body).toEqual({ models: [] });
  await expectUndisturbed(server, report);
});
