import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post } from '../e2e/support/server-requests.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';
import { openConnections, postHeader } from './support/raw-connections.ts';

/** Clients of each route: together more than the slots of the model. */
const CLIENTS = 6;
const TOKENS = 1200;
const MESSAGES = [{ role: 'user', content: 'hello' }];
/** For each of 36 clients: what its reply holds beyond the buffers of the socket, and its share of the heap. */
const MOST_MEBIBYTES = 512;
const PATIENCE = { timeout: 120_000, interval: 200 };

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const options = { num_predict: TOKENS, ignore_eos: true };
const model = ordinaryModel;
/** Every route that streams what a model writes. Log probabilities make replies large. */
const routes: Readonly<Record<string, object>> = {
  '/api/generate': { model, prompt: 'hello', options, logprobs: true, top_logprobs: 20 },
  '/api/chat': { model, messages: MESSAGES, options, logprobs: true, top_logprobs: 20 },
  '/v1/chat/completions': {
    model,
    messages: MESSAGES,
    stream: true,
    max_tokens: TOKENS,
    logprobs: true,
    top_logprobs: 20,
  },
  '/v1/completions': { model, prompt: 'hello', stream: true, max_tokens: TOKENS, logprobs: 5 },
  '/v1/messages': { model, messages: MESSAGES, stream: true, max_tokens: TOKENS },
  '/v1/responses': { model, input: 'hello', stream: true, max_output_tokens: TOKENS },
};

/** Sends a request and reads nothing of its reply. */
async function askAndSleep(path: string, body: object): Promise<Socket> {
  const [socket] = await openConnections(server, 1);
  if (!socket) throw new Error('there is no connection');
  socket.pause();
  const text = JSON.stringify(body);
  socket.write(postHeader(path, Buffer.byteLength(text)) + text);
  return socket;
}

async function activeRequests(): Promise<number> {
  const { models } = (await (await fetch(`${server.url}/api/ps`)).json()) as {
    models: { active_requests?: number }[];
  };
  return models.reduce((sum, { active_requests: active = 0 }) => sum + active, 0);
}

it('frees the model for others while clients of every streaming route read nothing', async () => {
  const report = await underAttack(server, '36 clients that read nothing of their replies', async () => {
    const sockets = await Promise.all(
      Object.entries(routes).flatMap(([path, body]) =>
        Array.from({ length: CLIENTS }, () => askAndSleep(path, body)),
      ),
    );
    const others = post(server, '/api/generate', {
      model,
      prompt: 'hello',
      stream: false,
      options: { num_predict: 2 },
    });
    const { status } = await others;
    await expect.poll(activeRequests, PATIENCE).toBe(0);
    const open = sockets.filter(({ destroyed }) => !destroyed).length;
    return { sockets, status, open };
  });
  const { sockets, status, open } = report.result;
  expect([status, open]).toEqual([200, CLIENTS * Object.keys(routes).length]);
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(MOST_MEBIBYTES);
  await expectUndisturbed(server, report);
  // What was not read is not lost.
  const [first] = sockets;
  let text = '';
  first?.on('data', (chunk) => {
    text += chunk;
  });
  first?.resume();
  await expect.poll(() => text, PATIENCE).toContain('"done_reason":"length"');
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
});
