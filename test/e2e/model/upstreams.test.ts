/** A real second server as the upstream of another, by each of its three APIs, and the official clients in front. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, patience, send } from '../support/server-requests.ts';

const kinds = ['openai', 'ollama', 'anthropic'] as const;
const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const KEY = 'a-key-of-the-server-behind';

let folder: string;
let back: TestServer;
let front: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upstreams-'));
  back = await startTestServer({ env: { OLLAMA_DETERMINISTIC: '1', OLLAMA_KEEP_ALIVE: '-1' } });
  await createModel(back, 'smol', inject('smolModelPath'), { parameters: { num_predict: 20 } });
  await writeFile(join(folder, 'config.yaml'), configText());
  front = await startTestServer({ env: { OLLAMA_CONFIG: join(folder, 'config.yaml'), BEHIND_KEY: KEY } });
});
afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await back[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** One upstream for each API of the server behind, whose model has the name of the API. */
function configText(): string {
  const entries = kinds.map((kind) => {
    const url = kind === 'openai' ? `${back.url}/v1` : back.url;
    const models = `[{ name: ${kind}, as: smol }]`;
    return `  - { name: by-${kind}, url: "${url}", kind: ${kind}, key_env: BEHIND_KEY, models: ${models} }\n`;
  });
  return `upstreams:\n${entries.join('')}`;
}

const running = async (server: TestServer) =>
  ((await (await fetch(`${server.url}/api/queue`)).json()) as { active: number }).active;

describe.each(kinds)('over the API of %s', (kind) => {
  const asked = { temperature: 0, seed: 1 };

  it("the same answer comes as from the server itself, to OpenAI's client", async () => {
    const openAi = (server: TestServer) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' });
    const ask = async (server: TestServer, model: string) => {
      const stream = await openAi(server).chat.completions.create({
        ...{ model, messages, stream: true, max_tokens: 5, temperature: 0 },
        stream_options: { include_usage: true },
      });
      let [text, tokens] = ['', 0];
      for await (const { choices, usage } of stream) {
        text += choices[0]?.delta.content ?? '';
        tokens = usage?.completion_tokens ?? tokens;
      }
      return { text, tokens };
    };
    const direct = await ask(back, 'smol');
    expect(direct.tokens).toBe(5);
    expect(await ask(front, kind)).toEqual(direct);
  });

  it("answers Anthropic's and Ollama's clients", async () => {
    const anthropic = new Anthropic({ baseURL: front.url, apiKey: 'none' });
    const message = await anthropic.messages
      .stream({ model: kind, max_tokens: 5, messages, temperature: 0 })
      .finalMessage();
    expect(message.stop_reason).toBe('max_tokens');
    expect(message.usage.output_tokens).toBe(5);
    const chat = await new Ollama({ host: front.url }).chat({
      ...{ model: kind, messages, options: { ...asked, num_predict: 5 } },
    });
    expect(chat.eval_count).toBe(5);
    expect(chat.prompt_eval_count).toBeGreaterThan(10);
    expect(chat.message.content).not.toBe('');
  });

  it('a client that leaves ends the run on the server behind', async () => {
    const leaving = new AbortController();
    const reply = await fetch(`${front.url}/api/chat`, {
      method: 'POST',
      signal: leaving.signal,
      body: JSON.stringify({
        model: kind,
        messages: [{ role: 'user', content: '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,' }],
        // An answer that does not end by itself.
        options: { num_predict: 1_000_000, temperature: 0 },
      }),
    });
    await reply.body?.getReader().read();
    expect(await running(back)).toBe(1);
    leaving.abort();
    await expect.poll(() => running(back), patience).toBe(0);
  });
});

it('a command lists, runs and shows them', async () => {
  const ran = await runOllama(['run', 'ollama', 'Say hi.'], { host: front.host });
  expect(ran).toMatchObject({ status: 0 });
  const listed = await runOllama(['list'], { host: front.host });
  for (const kind of kinds) expect(listed.stdout).toMatch(new RegExp(`^${kind} .* - `, 'm'));
  expect((await runOllama(['show', 'ollama'], { host: front.host })).stdout).toContain('by-ollama');
  expect((await runOllama(['ps'], { host: front.host })).stdout).toMatch(/^ollama .* remote /m);
});

it('a server behind that is killed in the middle of an answer ends it with an error', async () => {
  await using doomed = await startTestServer();
  await createModel(doomed, 'smol', inject('smolModelPath'));
  const path = join(folder, 'doomed.yaml');
  await writeFile(
    path,
    `upstreams: [{ name: doomed, url: "${doomed.url}", kind: ollama, models: [{ name: far, as: smol }] }]\n`,
  );
  await using own = await startTestServer({ env: { OLLAMA_CONFIG: path } });
  const reply = await send(own, 'POST', '/v1/chat/completions', {
    ...{ model: 'far', messages, stream: true, max_tokens: 1_000_000 },
    options: { ignore_eos: true },
  });
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader?.read())?.value ?? '';
  process.kill(doomed.pid, 'SIGKILL');
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) text += next.value;
  expect(text).toMatch(/"error":\{"message":"upstream \\"doomed\\"[^\n]*\n\ndata: \[DONE\]\n\n$/);
});
