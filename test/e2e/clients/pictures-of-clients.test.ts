/** All official clients send a picture, or a document, and get the answer of the engine. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noiseBmp } from '../../fakes/media/noise-bmp.ts';
import { textPdf } from '../../fakes/pdf/pdf-file.ts';
import { hasPython, INSTALL_TIMEOUT_MS, pythonWithClients } from '../../fakes/python-environment.ts';
import { u32 } from '../../oracle/random-projector.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { post } from '../support/server-requests.ts';
import { createVisionModel, ROWS_OF_PICTURE } from '../support/small-vision-model.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../support/pictures-of-python-clients.py', import.meta.url));
const TIMEOUT_MS = 120_000;
const QUESTION = 'what is this';
const MOST_TOKENS = 8;
const MEAN = 1;

const python = await hasPython();
if (!python)
  process.stderr.write('SKIPPED: the Python clients are not tested, because there is no python3 with venv\n');

interface NativeAnswer {
  readonly message: { readonly content: string };
  readonly prompt_eval_count: number;
}

let folder: string;
let server: TestServer;
/** What the native API answers about the picture, and without it. */
let seen: NativeAnswer;
let blind: NativeAnswer;

const picture = noiseBmp(1);
const data = picture.toString('base64');
const pdf = textPdf(['One', 'Two']).toString('base64');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pictures-of-clients-'));
  server = await startTestServer();
  const template = '{{ range .Messages }}{{ .Role }} {{ .Content }} {{ end }}';
  const parameters = { temperature: 0, num_predict: MOST_TOKENS, num_ctx: 512 };
  await createVisionModel(server, 'seeing', folder, { template, parameters });
  const metadata = { 'gemma3.pooling_type': u32(MEAN) };
  await createVisionModel(server, 'embedding', folder, { metadata, template });
  seen = await chat({ images: [data] });
  blind = await chat({});
}, TIMEOUT_MS);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function chat(fields: object): Promise<NativeAnswer> {
  const messages = [{ role: 'user', content: QUESTION, ...fields }];
  const { status, body } = await post(server, '/api/chat', { model: 'seeing', messages, stream: false });
  expect(status).toBe(200);
  return body as NativeAnswer;
}

it('the picture is seen by the native API', () => {
  expect(seen.message.content).not.toBe('');
  expect(seen.prompt_eval_count - blind.prompt_eval_count).toBeGreaterThanOrEqual(ROWS_OF_PICTURE);
});

describe("Ollama's client", () => {
  const ollama = () => new Ollama({ host: server.url });

  it('sends a picture as bytes and as base64, streamed and not', async () => {
    for (const images of [[new Uint8Array(picture)], [data]]) {
      const messages = [{ role: 'user', content: QUESTION, images }];
      const reply = await ollama().chat({ model: 'seeing', messages });
      expect(reply.message.content).toBe(seen.message.content);
      expect(reply.prompt_eval_count).toBe(seen.prompt_eval_count);
      let streamed = '';
      for await (const chunk of await ollama().chat({ model: 'seeing', messages, stream: true }))
        streamed += chunk.message.content;
      expect(streamed).toBe(seen.message.content);
    }
    const generated = await ollama().generate({ model: 'seeing', prompt: QUESTION, images: [data] });
    expect(generated.response).toBe(seen.message.content);
  });
});

describe("OpenAI's client", () => {
  const openAi = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  const url = `data:image/bmp;base64,${data}`;

  it('sends a picture in a chat, streamed and not', async () => {
    const content = [
      { type: 'image_url' as const, image_url: { url } },
      { type: 'text' as const, text: QUESTION },
    ];
    const request = { model: 'seeing', temperature: 0, messages: [{ role: 'user' as const, content }] };
    const reply = await openAi().chat.completions.create(request);
    expect(reply.choices[0]?.message.content).toBe(seen.message.content);
    expect(reply.usage?.prompt_tokens).toBe(seen.prompt_eval_count);
    let streamed = '';
    for await (const chunk of await openAi().chat.completions.create({ ...request, stream: true }))
      streamed += chunk.choices[0]?.delta.content ?? '';
    expect(streamed).toBe(seen.message.content);
  });

  it('sends a picture to the Responses API', async () => {
    const reply = await openAi().responses.create({
      model: 'seeing',
      temperature: 0,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: url, detail: 'auto' },
            { type: 'input_text', text: QUESTION },
          ],
        },
      ],
    });
    expect(reply.output_text).toBe(seen.message.content);
    expect(reply.usage?.input_tokens).toBe(seen.prompt_eval_count);
  });

  it('sends a document, whose text the worker of the server reads', async () => {
    const file = { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` };
    const reply = await openAi().chat.completions.create({
      model: 'seeing',
      temperature: 0,
      messages: [{ role: 'user', content: [{ type: 'file', file }] }],
    });
    const messages = [{ role: 'user', content: 'a.pdf\n\nOne\n\n--- page 2 ---\n\nTwo' }];
    const { body } = await post(server, '/api/chat', { model: 'seeing', messages, stream: false });
    expect(reply.usage?.prompt_tokens).toBe((body as NativeAnswer).prompt_eval_count);
    expect(reply.choices[0]?.message.content).toBe((body as NativeAnswer).message.content);
  });
});

describe("Anthropic's client", () => {
  const anthropic = () => new Anthropic({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
  const image = {
    type: 'image' as const,
    source: { type: 'base64' as const, media_type: 'image/png' as const, data },
  };
  const content = [image, { type: 'text' as const, text: QUESTION }];
  const request = {
    ...{ model: 'seeing', max_tokens: MOST_TOKENS, temperature: 0 },
    messages: [{ role: 'user' as const, content }],
  };

  it('sends a picture, streamed and not', async () => {
    const reply = await anthropic().messages.create(request);
    expect(reply.content).toMatchObject([{ type: 'text', text: seen.message.content }]);
    expect(reply.usage.input_tokens + (reply.usage.cache_read_input_tokens ?? 0)).toBe(
      seen.prompt_eval_count,
    );
    const streamed = await anthropic().messages.stream(request).finalText();
    expect(streamed).toBe(seen.message.content);
  });

  it('sends a document', async () => {
    const source = { type: 'base64' as const, media_type: 'application/pdf' as const, data: pdf };
    const reply = await anthropic().messages.create({
      ...request,
      messages: [{ role: 'user', content: [{ type: 'document', source }] }],
    });
    expect(reply.content).toMatchObject([{ type: 'text' }]);
  });
});

describe('embeddings', () => {
  const embed = async (body: object): Promise<number[][]> => {
    const { status, body: reply } = await post(server, '/api/embed', { model: 'embedding', ...body });
    expect({ status, reply }).toMatchObject({ status: 200 });
    return (reply as { embeddings: number[][] }).embeddings;
  };
  const other = noiseBmp(2).toString('base64');
  const cosine = (left: readonly number[] = [], right: readonly number[] = []) =>
    left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);

  it('of several inputs are those of each alone, with and without pictures', async () => {
    const input = ['what is', 'this [img-0] or that [img-1]', 'the end', 'this [img-1] or that [img-0]'];
    const images = [[], [data, other], data, [data, other]];
    const together = await embed({ input, images });
    expect(together).toHaveLength(4);
    for (const [index, text] of input.entries()) {
      const [alone] = await embed({ input: text, ...(index > 0 && { images: [images[index]] }) });
      expect(cosine(alone, together[index])).toBeGreaterThan(0.9999);
    }
    expect(cosine(together[1], together[3])).toBeLessThan(0.9999);
  });

  it('of a conversation are those of what the template writes', async () => {
    const content = [
      { type: 'image_url', image_url: { url: `data:;base64,${data}` } },
      { type: 'text', text: QUESTION },
    ];
    const messages = [{ role: 'user', content }];
    const reply = await post(server, '/v1/embeddings', { model: 'embedding', messages });
    const body = reply.body as { data: { embedding: number[] }[] };
    const [written] = await embed({ input: `user [img-0]${QUESTION} `, images: [data] });
    expect(cosine(body.data[0]?.embedding, written)).toBeGreaterThan(0.9999);
  });
});

it.skipIf(!python)(
  'the Python clients send a picture and get the same answer',
  { timeout: INSTALL_TIMEOUT_MS + TIMEOUT_MS },
  async () => {
    const interpreter = await pythonWithClients();
    const path = join(folder, 'picture.bmp');
    await writeFile(path, picture);
    const env = {
      ...process.env,
      SERVER_URL: server.url,
      PICTURE: path,
      QUESTION,
      EXPECTED: seen.message.content,
      DOCUMENT: pdf,
    };
    const { stdout } = await run(interpreter, [script], { env, timeout: TIMEOUT_MS });
    const lines = stdout.trim().split('\n');
    expect(lines.filter((line) => line.startsWith('ok '))).toHaveLength(8);
  },
);
