/** What usage counts, against what the replies report and across servers. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { UsageFigures, UsageResponse } from '../../../src/api/usage.ts';
import { writeRandomBert } from '../../fakes/models/random-bert.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, linesOf, patience, post, randomModelBytes, send } from '../support/server-requests.ts';

let folder: string;
let home: string;
const servers: TestServer[] = [];

/** A server with the same store and the same user as the others. */
async function start(env: Record<string, string> = {}): Promise<TestServer> {
  const modelsFolder = join(folder, 'models');
  const server = await startTestServer({ modelsFolder, env: { HOME: home, ...env } });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usage-'));
  home = join(folder, 'setup');
  const server = await start({ OLLAMA_USAGE: 'off' });
  await createModel(server, 'tiny', await randomModelBytes());
  await writeRandomBert(join(folder, 'bert.gguf'));
  await createModel(server, 'bert', join(folder, 'bert.gguf'));
  expect(await post(server, '/api/usage', undefined)).toMatchObject({ status: 405 });
  expect((await fetch(`${server.url}/api/usage`)).status).toBe(404);
  await server.stop();
  expect(await readdir(home, { recursive: true })).not.toContain('usage');
}, 120_000);
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function usageOf(server: TestServer, query = ''): Promise<UsageResponse> {
  return (await (await fetch(`${server.url}/api/usage${query}`)).json()) as UsageResponse;
}

type Counts = Pick<UsageFigures, 'requests' | 'prompt_tokens' | 'output_tokens'>;

const counts = ({ requests, prompt_tokens, output_tokens }: UsageFigures): Counts => ({
  requests,
  prompt_tokens,
  output_tokens,
});

const messages = [{ role: 'user', content: 'hello there' }];
const long = { num_predict: 6, ignore_eos: true };
const v1 = { model: 'tiny', max_tokens: 6 };

interface Asked {
  readonly path: string;
  readonly body: Record<string, unknown>;
  /** Reads the counts of the reply. */
  readonly reply: (last: never) => readonly [prompt: number, output: number];
  readonly requests?: number;
}

type Native = { prompt_eval_count: number; eval_count?: number };
type OpenAi = { usage: { prompt_tokens: number; completion_tokens?: number } };
type Newer = { usage: { input_tokens: number; output_tokens: number } };
const native = ({ prompt_eval_count: prompt, eval_count: output = 0 }: Native) => [prompt, output] as const;
const openAi = ({ usage }: OpenAi) => [usage.prompt_tokens, usage.completion_tokens ?? 0] as const;
const newer = ({ usage }: Newer) => [usage.input_tokens, usage.output_tokens] as const;

it.each<[string, Asked]>([
  [
    'generate',
    { path: '/api/generate', body: { model: 'tiny', prompt: 'hi', options: long }, reply: native },
  ],
  ['chat', { path: '/api/chat', body: { model: 'tiny', messages, options: long }, reply: native }],
  ['embed', { path: '/api/embed', body: { model: 'bert', input: ['a b', 'c'] }, reply: native }],
  ['embeddings', { path: '/v1/embeddings', body: { model: 'bert', input: ['a b', 'c'] }, reply: openAi }],
  ['chat completions', { path: '/v1/chat/completions', body: { ...v1, messages, n: 3 }, reply: openAi }],
  [
    'completions',
    {
      path: '/v1/completions',
      body: { ...v1, prompt: ['a', 'b c'], n: 2, echo: true },
      reply: openAi,
      requests: 2,
    },
  ],
  [
    'responses',
    { path: '/v1/responses', body: { model: 'tiny', input: 'hello', max_output_tokens: 6 }, reply: newer },
  ],
  ['messages', { path: '/v1/messages', body: { ...v1, messages }, reply: newer }],
])('counts what the reply reports: %s', async (_, { path, body, reply, requests = 1 }) => {
  home = await mkdtemp(join(folder, 'home-'));
  const server = await start();
  const { status, body: answer } = await post(server, path, { ...body, stream: false });
  expect(status, JSON.stringify(answer)).toBe(200);
  const [prompt, output] = reply(answer as never);
  expect(prompt).toBeGreaterThan(0);
  const { total } = await usageOf(server);
  expect(counts(total)).toEqual({ requests, prompt_tokens: prompt, output_tokens: output });
  // Whatever the way of the reply.
  if (path.includes('embed')) return;
  await (
    await send(server, 'POST', path, { ...body, stream: true, stream_options: { include_usage: true } })
  ).text();
  const { total: both } = await usageOf(server);
  expect(both.requests).toBe(2 * requests);
  expect(both.prompt_tokens).toBe(2 * prompt);
});

it('counts a stream that its client leaves, up to there', async () => {
  home = await mkdtemp(join(folder, 'home-'));
  const server = await start();
  const abort = new AbortController();
  const body = { model: 'tiny', prompt: 'hi', options: { num_predict: -1, ignore_eos: true, num_ctx: 2048 } };
  const response = await send(server, 'POST', '/api/generate', body, { signal: abort.signal });
  let read = 0;
  for await (const line of linesOf(response)) {
    if (line.done !== true && ++read === 5) break;
  }
  abort.abort();
  await expect.poll(async () => (await usageOf(server)).total.requests, patience).toBe(1);
  const { total } = await usageOf(server);
  expect(total.output_tokens).toBeGreaterThanOrEqual(5);
  expect(total.prompt_tokens).toBeGreaterThan(0);
  expect(total.seconds).toBeGreaterThan(0);
});

it('is the sum of the servers of one user, and the command prints it', async () => {
  home = await mkdtemp(join(folder, 'home-'));
  const [one, other] = [await start(), await start()];
  const ask = (server: TestServer) =>
    post(server, '/api/generate', { model: 'tiny', prompt: 'hi', stream: false, options: long });
  await Promise.all([ask(one), ask(one), ask(other)]);
  await usageOf(one);
  await usageOf(other);
  expect((await usageOf(one)).total).toMatchObject({ requests: 3, output_tokens: 18 });
  const printed = await runOllama(['usage', '--by', 'model', '--days', '1'], { host: other.host });
  expect(printed.stdout.split('\n')[0]).toMatch(
    /^MODEL +REQUESTS +REFUSED +PROMPT +CACHED +THINKING +OUTPUT +SECONDS/,
  );
  expect(printed.stdout).toMatch(/^tiny:latest +3 +0 +\d+ +\d+ +0 +18 +\d+\.\d/m);
  expect(printed.stdout).toMatch(/^TOTAL +3 /m);
  const json = await runOllama(['usage', '--json'], { host: other.host });
  expect(JSON.parse(json.stdout).total.requests).toBe(3);
  expect(await runOllama(['usage', '--by', 'hour'], { host: other.host })).toMatchObject({ status: 1 });
});
