/** Official clients send pictures and sound. */
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI, { toFile } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { clientOptions, promptText } from '../../test/fakes/servers/client-server.ts';
import {
  picture,
  sound,
  startVisionServer,
  type VisionServer,
} from '../../test/fakes/servers/vision-server.ts';

let server: VisionServer;

beforeEach(async () => {
  server = await startVisionServer();
});
afterEach(() => server.close());

const encoded = () => server.runner.encoded.map((bytes) => Buffer.from(bytes).toString('base64'));
const dataUrl = (type: string, text = 'a') => `data:${type};base64,${picture(text)}`;

describe("OpenAI's client", () => {
  const openAi = () => new OpenAI(clientOptions(server, '/v1'));

  it('sends images in a chat', async () => {
    const reply = await openAi().chat.completions.create({
      model: 'v',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What are these?' },
            ...['image/png', 'image/bmp', 'image/svg+xml;charset=utf-8', ''].map((type, index) => ({
              type: 'image_url' as const,
              image_url: { url: dataUrl(type, `${index}`), detail: 'low' as const },
            })),
          ],
        },
      ],
    });
    expect(reply.choices[0]?.message.content).toBe('A cat');
    expect(encoded()).toEqual(['0', '1', '2', '3'].map(picture));
  });

  it('sends sound in a chat', async () => {
    const reply = await openAi().chat.completions.create({
      model: 'a',
      messages: [
        { role: 'user', content: [{ type: 'input_audio', input_audio: { data: sound, format: 'wav' } }] },
      ],
    });
    expect(reply.choices[0]?.message.content).toBe('A cat');
    expect(server.runner.requests[0]?.media).toMatchObject([{ kind: 'audio' }]);
  });

  it('sends images to the Responses API, also as the output of a tool', async () => {
    const reply = await openAi().responses.create({
      model: 'v',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'look' },
            { type: 'input_image', image_url: dataUrl('image/jpeg', '1'), detail: 'auto' },
          ],
        },
        { type: 'function_call', call_id: 'c', name: 'see', arguments: '{}' },
        {
          type: 'function_call_output',
          call_id: 'c',
          output: [{ type: 'input_image', image_url: dataUrl('image/png', '2') }],
        },
      ],
    });
    expect(reply.output_text).toBe('A cat');
    expect(encoded()).toEqual(['1', '2'].map(picture));
    const next = await openAi().responses.create({
      model: 'v',
      input: 'and now?',
      previous_response_id: reply.id,
    });
    expect(next.output_text).toBe('A cat');
    expect(encoded().slice(2)).toEqual(['1', '2'].map(picture));
  });

  it('is told which image is broken, and of which model it asks too much', async () => {
    const ask = (model: string, url: string) =>
      openAi().chat.completions.create({
        model,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
      });
    await expect(ask('v', 'data:image/png;base64,????')).rejects.toThrow(
      'messages[0].content[0]: it is not base64',
    );
    await expect(ask('v', `data:image/png${';a=a'.repeat(3_000_000)}`)).rejects.toThrow(
      'messages[0].content[0]: invalid image input',
    );
    await expect(ask('m', dataUrl('image/png'))).rejects.toThrow('the model does not support images');
  });

  it('has recordings written down', async () => {
    server.runner.script = { pieces: [' Hello', ' there.\n'] };
    const file = await toFile(Buffer.from(sound, 'base64'), 'speech.wav');
    const { audio } = openAi();
    expect(await audio.transcriptions.create({ file, model: 'a', language: 'de', prompt: 'Xyzzy' })).toEqual({
      text: 'Hello there.',
    });
    expect(await promptText(server)).toMatch(/language of the recording is "de".*may occur in it: Xyzzy/s);
    expect(server.runner.requests[0]?.sampling.temperature).toBe(0);
    expect(encoded()).toEqual([sound]);
    const text = await audio.translations.create({ file, model: 'a', response_format: 'text' });
    expect(text).toBe('Hello there.');
    expect(await promptText(server)).toContain('in English');
  });

  it.each([
    [
      { response_format: 'srt' },
      'response_format "srt" is not supported, because the model writes text without times',
    ],
    [{ response_format: 'verbose_json' }, 'the model writes text without times'],
    [
      { response_format: 'json', timestamp_granularities: ['word'] },
      'timestamp_granularities is not supported',
    ],
    [{ response_format: 'json', temperature: 7 }, 'temperature must be a number from 0 to 1'],
    [
      { response_format: 'json', model: 'v' },
      '"file" cannot be sent to model "v:latest": the model does not support audio',
    ],
  ] as const)('is told what cannot be had of a recording: %j', async (fields, message) => {
    const file = await toFile(Buffer.from(sound, 'base64'), 'speech.wav');
    // biome-ignore lint/suspicious/noExplicitAny: the client's types exclude some of what is refused here
    const request: any = { file, model: 'a', ...fields };
    await expect(openAi().audio.transcriptions.create(request)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(message),
    });
  });
});

describe('a form with a recording', () => {
  const send = (form: FormData) =>
    server.app.request('/v1/audio/transcriptions', { method: 'POST', body: form });
  const form = (fields: Record<string, string | Blob>) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    return data;
  };
  const wav = new Blob([Buffer.from(sound, 'base64')]);

  it.each([
    [{ file: wav }, 'model is required'],
    [{ model: 'a' }, 'file is required'],
    [{ model: 'a', file: 'text' }, 'file is required'],
    [{ model: 'a', file: new Blob([]) }, 'audio file is empty'],
    [{ model: 'a', file: new Blob([Buffer.from(picture(), 'base64')]) }, 'it is not a recording'],
    [{ model: 'a', file: wav, language: '"; drop' }, 'language'],
  ])('is refused: %j', async (fields, message) => {
    const reply = await send(form(fields));
    expect([reply.status, await reply.json()]).toEqual([
      400,
      { error: expect.objectContaining({ message: expect.stringContaining(message) }) },
    ]);
  });

  it.each(['x'.repeat(30), `"${'x'.repeat(30)}"`])(
    'is not even parsed with too many parts: %s',
    async (boundary) => {
      const part = `--${'x'.repeat(30)}\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n`;
      const type = `multipart/form-data; boundary=${boundary}`;
      const send = (body: string) => server.post('/v1/audio/transcriptions', body, { 'Content-Type': type });
      // Without an end, which a parser would notice.
      const [few, many] = await Promise.all([send(part.repeat(100)), send(part.repeat(102))]);
      expect(await few.text()).toContain('failed to parse multipart form');
      expect([many.status, await many.text()]).toEqual([
        400,
        expect.stringContaining('more than 100 fields'),
      ]);
    },
  );

  it.each([
    ['{"model": "a"}', 'application/json'],
    ['no parts', 'multipart/form-data; boundary=x'],
    ['no parts', 'multipart/form-data'],
  ])('is refused when it is none: %s as %s', async (body, type) => {
    const reply = await server.post('/v1/audio/transcriptions', body, { 'Content-Type': type });
    expect([reply.status, await reply.text()]).toEqual([
      400,
      expect.stringContaining('failed to parse multipart form'),
    ]);
  });

  it('that is damaged gets an answer or a refusal, never a 500', async () => {
    const sent = new Response(form({ model: 'a', file: wav, language: 'de', response_format: 'text' }));
    const type = sent.headers.get('Content-Type') ?? '';
    const bytes = new Uint8Array(await sent.arrayBuffer());
    const random = seededRandom(1);
    const statuses = new Set<number>();
    for (let round = 0; round < 200; round++) {
      const damaged = Uint8Array.from(bytes);
      for (let at = 0; at < 3; at++)
        damaged[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      const body = damaged.subarray(0, random() < 0.5 ? bytes.length : Math.floor(random() * bytes.length));
      const reply = await server.app.request('/v1/audio/transcriptions', {
        method: 'POST',
        headers: { 'Content-Type': type },
        body,
      });
      statuses.add(reply.status);
      await reply.body?.cancel();
    }
    expect([...statuses].filter((status) => ![200, 400, 404].includes(status))).toEqual([]);
  });

  it('may have fields that have no effect, which the reply names', async () => {
    const reply = await send(form({ model: 'a', file: wav, chunking_strategy: 'auto' }));
    expect(reply.status).toBe(200);
    expect(reply.headers.get('X-Ollama-Ignored')).toBe('chunking_strategy');
  });
});

describe("Anthropic's client", () => {
  const anthropic = () => new Anthropic(clientOptions(server));
  const image = (text: string) => ({
    type: 'image' as const,
    source: { type: 'base64' as const, media_type: 'image/png' as const, data: picture(text) },
  });

  it('sends images, also in results of tools', async () => {
    const reply = await anthropic().messages.create({
      model: 'v',
      max_tokens: 5,
      messages: [
        { role: 'user', content: [image('1'), { type: 'text', text: 'look' }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'see', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: [image('2')] }] },
      ],
    });
    expect(reply.content).toMatchObject([{ type: 'text', text: 'A cat' }]);
    expect(encoded()).toEqual(['1', '2'].map(picture));
    expect(reply.usage.input_tokens).toBeGreaterThan(8);
  });

  it('counts the tokens of images', async () => {
    const count = async (content: Anthropic.MessageParam['content']) =>
      (await anthropic().messages.countTokens({ model: 'v', messages: [{ role: 'user', content }] }))
        .input_tokens;
    const text = { type: 'text' as const, text: 'look' };
    expect((await count([image('1'), text])) - (await count([text]))).toBe(4 + 2);
  });
});

it("Ollama's client sends images as bytes and as base64", async () => {
  const { baseURL: host, fetch } = clientOptions(server);
  const ollama = new Ollama({ host, fetch: fetch as typeof globalThis.fetch });
  const bytes = new Uint8Array(Buffer.from(picture('1'), 'base64'));
  const reply = await ollama.chat({
    model: 'v',
    messages: [{ role: 'user', content: 'x', images: [bytes] }],
  });
  expect(reply.message.content).toBe('A cat');
  const generated = await ollama.generate({ model: 'v', prompt: 'x', images: [picture('2')] });
  expect(generated.response).toBe('A cat');
  expect(encoded()).toEqual(['1', '2'].map(picture));
});
