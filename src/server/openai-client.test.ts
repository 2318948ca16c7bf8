/** Tests OpenAI's API with its official client. */
import OpenAI, { APIError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { clientOptions, promptText, startClientServer } from '../../test/fakes/servers/client-server.ts';
import type { ScriptServer } from '../../test/fakes/servers/script-server.ts';
import { OllamaError } from '../base/errors.ts';

const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
} as const;
const calling = [
  '<think>',
  'hm',
  '</think>',
  '<tool_call>',
  '{"name": "weather", "arguments": ',
  '{"city": "Rome"}}',
  '</tool_call>',
];
const hi: Pick<ChatCompletionCreateParams, 'model' | 'messages'> = {
  model: 'm',
  messages: [{ role: 'user', content: 'hi' }],
};

let server: ScriptServer;
let client: OpenAI;

beforeEach(async () => {
  server = await startClientServer();
  client = new OpenAI(clientOptions(server, '/v1'));
});
afterEach(() => server.close());

const says = (...pieces: string[]) => {
  server.runner.script = { pieces };
};

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function refusal(promise: Promise<unknown>): Promise<APIError> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (error instanceof APIError) return error;
  throw new Error(`no API error: ${String(error)}`);
}

describe('chat completions', () => {
  it('answer', async () => {
    const reply = await client.chat.completions.create(hi);
    expect(reply).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{24}$/),
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello world' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: 2,
        prompt_tokens_details: { cached_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: expect.any(Number) },
      },
    });
  });

  it('stream, with the usage at the end', async () => {
    const stream = await client.chat.completions.create({
      ...hi,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await all(stream);
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: 'Hello' },
      { content: ' world' },
      {},
      undefined,
    ]);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, 'stop', undefined]);
    expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 2 });
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
  });

  it('think and call tools', async () => {
    says(...calling);
    const { choices } = await client.chat.completions.create({ ...hi, tools: [weather] });
    expect(choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: {
          content: null,
          reasoning: 'hm',
          tool_calls: [
            {
              id: expect.stringMatching(/^call_/),
              type: 'function',
              function: { name: 'weather', arguments: '{"city":"Rome"}' },
            },
          ],
        },
      },
    ]);
  });

  it('stream thinking and calls', async () => {
    says(...calling);
    const runner = client.chat.completions.stream({ ...hi, tools: [weather] });
    const deltas = (await all(runner)).map(({ choices }) => choices[0]?.delta);
    expect(deltas[0]).toMatchObject({ role: 'assistant', reasoning: 'hm' });
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls).toMatchObject([
      { function: { arguments: '{"city":"Rome"}' } },
    ]);
    expect(final.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('accept whole conversations with parts, developer messages and tool results', async () => {
    await client.chat.completions.create({
      model: 'm',
      messages: [
        { role: 'developer', content: 'short' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        {
          role: 'assistant',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
      ],
    });
    expect(await promptText(server)).toContain('system:short user:a\nb assistant:weather{"city":"Rome"}');
    expect(await promptText(server)).toContain('tool:sunny');
  });

  it('pass on sampling options, with the defaults of this API', async () => {
    await client.chat.completions.create(hi);
    expect(server.runner.requests.at(-1)?.sampling).toMatchObject({ temperature: 1, topP: 1 });
    await client.chat.completions.create({
      ...hi,
      temperature: 0.5,
      seed: 7,
      stop: 'END',
      max_completion_tokens: 9,
      logit_bias: { 5: -100, 6: 2 },
    });
    expect(server.runner.requests.at(-1)).toMatchObject({
      maxTokens: 9,
      stop: ['END'],
      sampling: { temperature: 0.5, seed: 7 },
    });
  });

  it('return several choices', async () => {
    const reply = await client.chat.completions.create({ ...hi, n: 3, seed: 5 });
    expect(reply.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'Hello world'],
      [1, 'Hello world'],
      [2, 'Hello world'],
    ]);
    expect(reply.usage?.completion_tokens).toBe(6);
    expect(server.runner.requests.map(({ sampling }) => sampling.seed).sort()).toEqual([5, 6, 7]);
    await client.chat.completions.create({ ...hi, n: 2, seed: -1 });
    expect(server.runner.requests.slice(-2).map(({ sampling }) => sampling.seed)).toEqual([-1, -1]);
    const chunks = await all(await client.chat.completions.create({ ...hi, n: 2, stream: true }));
    const ends = chunks.flatMap(({ choices }) => choices).filter(({ finish_reason }) => finish_reason);
    expect(ends.map(({ index }) => index).sort()).toEqual([0, 1]);
  });

  it('follow a schema, parsed by the client', async () => {
    says('{"city": ', '"Rome"}');
    const response_format = zodResponseFormat(z.object({ city: z.string() }), 'place');
    const { choices } = await client.chat.completions.parse({ ...hi, response_format });
    expect(choices[0]?.message.parsed).toEqual({ city: 'Rome' });
    expect(server.runner.requests.at(-1)?.grammar).toContain('city');
  });

  it('enforce a call', async () => {
    says(...calling.slice(3));
    const tool_choice = { type: 'function', function: { name: 'weather' } } as const;
    await client.chat.completions.create({ ...hi, tools: [weather], tool_choice, reasoning_effort: 'none' });
    expect(server.runner.requests.at(-1)?.grammar).toContain('weather');
  });

  it('return probabilities', async () => {
    const { choices } = await client.chat.completions.create({ ...hi, logprobs: true, top_logprobs: 1 });
    expect(choices[0]?.logprobs?.content?.map(({ token }) => token)).toEqual(['Hello', ' world']);
  });

  it('end a failing stream with an error and [DONE]', async () => {
    server.runner.script = { pieces: ['a'], failure: new OllamaError('runner-failed', 'it died') };
    const stream = await client.chat.completions.create({ ...hi, stream: true });
    await expect(all(stream)).rejects.toThrow('it died');
    const response = await server.post('/v1/chat/completions', { ...hi, stream: true });
    expect((await response.text()).trimEnd().split('\n\n').slice(-2)).toEqual([
      'data: {"error":{"message":"it died","type":"api_error","param":null,"code":null}}',
      'data: [DONE]',
    ]);
  });

  it('end their run when the client disconnects', async () => {
    await server.close();
    server = await startClientServer(new ScriptRunner({ pieces: Array(1000).fill('x'), delayMs: 5 }));
    client = new OpenAI(clientOptions(server, '/v1'));
    const stream = await client.chat.completions.create({ ...hi, stream: true });
    for await (const _ of stream) break;
    await expect.poll(() => server.runner.canceled).toBe(1);
  });
});

describe('text completions', () => {
  it('continue strings, lists of strings and tokens', async () => {
    const reply = await client.completions.create({ model: 'm', prompt: ['a', 'b'], echo: true });
    expect(reply.choices.map(({ index, text }) => [index, text])).toEqual([
      [0, 'aHello world'],
      [1, 'bHello world'],
    ]);
    const tokens = await server.runner.tokenize('one two', { addSpecial: false, parseSpecial: false });
    await client.completions.create({ model: 'm', prompt: [...tokens] });
    expect(await promptText(server)).toBe('one two');
  });

  it('stream', async () => {
    const stream = await client.completions.create({ model: 'm', prompt: 'a', stream: true, logprobs: 1 });
    const chunks = await all(stream);
    expect(chunks.map(({ choices }) => choices[0]?.text).join('')).toBe('Hello world');
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks[0]?.choices[0]?.logprobs).toMatchObject({ tokens: ['Hello'], text_offset: [0] });
  });
});

describe('models', () => {
  it('are listed and found', async () => {
    const listed = await all(client.models.list());
    expect(listed).toEqual([
      { id: 'm:latest', object: 'model', created: expect.any(Number), owned_by: 'library' },
    ]);
    expect(await client.models.retrieve('m')).toEqual(listed[0]);
    expect((await refusal(client.models.retrieve('none'))).status).toBe(404);
  });
});

describe('an unsupported request', () => {
  it.each([
    [{ messages: [] }, 400, "[] is too short - 'messages'"],
    [{ model: 'none' }, 404, "model 'none' not found"],
    [{ temperature: 'hot' }, 400, 'field "temperature" must be of type number, not string'],
    [{ n: 0 }, 400, 'field "n"'],
    [{ function_call: 7 }, 400, 'function_call must be "auto", "none" or an object with a "name"'],
    [{ response_format: { type: 'xml' } }, 400, 'response_format: type "xml"'],
    [{ response_format: { type: 'json_schema' } }, 400, 'response_format: "json_schema" has no "schema"'],
    [
      { tools: [{ type: 'web_search' }], tool_choice: 'required' },
      400,
      'tool_choice: a call is required, but "tools" has no tool that can be called here',
    ],
    [{ tool_choice: { type: 'web_search' } }, 400, 'tools of type "web_search" cannot be called here'],
    [
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://x/y.png' } }] }],
      },
      400,
      'image URLs are not currently supported',
    ],
  ])('is refused in the format of this API: %j', async (fields, status, message) => {
    const response = await server.post('/v1/chat/completions', { ...hi, ...fields });
    expect(response.status).toBe(status);
    const type = status === 404 ? 'not_found_error' : 'invalid_request_error';
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining(message), type },
    });
  });

  it('gets the same format for wrong paths, methods and bodies', async () => {
    const replies = [
      await server.app.request('/v1/nothing'),
      await server.app.request('/v1/chat/completions'),
      await server.post('/v1/chat/completions', '{'),
      await server.app.request('/v1/models', { headers: { Origin: 'https://evil.example' } }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([404, 405, 400, 403]);
    for (const reply of replies)
      expect(await reply.json()).toMatchObject({
        error: { message: expect.any(String), type: expect.any(String) },
      });
  });

  it('gets a list of ignored fields', async () => {
    const response = await server.post('/v1/chat/completions', { ...hi, user: 'u', metadata: {} });
    expect(response.headers.get('X-Ollama-Ignored')).toBe('user, metadata');
  });
});
