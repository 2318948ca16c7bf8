/** Tests Anthropic's API with its official client. */
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  calling,
  clientOptions,
  promptText,
  startClientServer,
} from '../../test/fakes/servers/client-server.ts';
import type { ScriptServer } from '../../test/fakes/servers/script-server.ts';
import { OllamaError } from '../base/errors.ts';

const weather: Anthropic.Tool = {
  name: 'weather',
  description: 'd',
  input_schema: { type: 'object', properties: { city: { type: 'string' } } },
};

let server: ScriptServer;
let client: Anthropic;

beforeEach(async () => {
  server = await startClientServer();
  await server.addModel('plain', { create: { template: '{{ .Prompt }}' } });
  client = new Anthropic(clientOptions(server));
});
afterEach(() => server.close());

const says = (...pieces: string[]) => {
  server.runner.script = { pieces };
};
const base = { model: 'm', max_tokens: 50, messages: [{ role: 'user' as const, content: 'hi' }] };
const ask = (fields: object = {}) => client.messages.create({ ...base, ...fields, stream: false });

describe('messages', () => {
  it('answer', async () => {
    expect(await ask({ system: 'short' })).toMatchObject({
      id: expect.stringMatching(/^msg_[0-9a-f]{24}$/),
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello world' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { output_tokens: 2, cache_read_input_tokens: 1 },
    });
    expect(await promptText(server)).toBe('system:short user:hi ');
    expect(server.runner.requests.at(-1)?.maxTokens).toBe(50);
  });

  it('think and use tools', async () => {
    says(...calling);
    const thinking = { type: 'enabled', budget_tokens: 2000 } as const;
    const reply = await ask({ tools: [weather], thinking, max_tokens: 4000 });
    expect(reply).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: 'See:' },
        { type: 'tool_use', id: expect.stringMatching(/^call_/), name: 'weather', input: { city: 'Rome' } },
      ],
    });
    expect(server.runner.requests.at(-1)?.thinking).toMatchObject({ budget: 2000 });
  });

  it('take whole conversations', async () => {
    await ask({
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'weather?' }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            { type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Rome' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'sunny' }] },
            { type: 'text', text: 'so?' },
          ],
        },
      ],
    });
    const text = await promptText(server);
    expect(text).toContain('user:weather? assistant:weather{"city":"Rome"} <think>hm</think>');
    expect(text).toContain('tool:sunny user:so?');
  });

  it('name what they leave out, also when tokens are counted', async () => {
    const body = {
      ...base,
      tools: [weather, { type: 'web_search_20250305', name: 'web_search' }],
      messages: [
        { role: 'user', content: 'weather?' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'weather', input: {} }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'c1',
              content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }],
            },
          ],
        },
      ],
    };
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      const response = await server.post(path, body);
      expect(response.status).toBe(200);
      expect(response.headers.get('X-Ollama-Ignored')).toBe(
        `${path.endsWith('tokens') ? 'max_tokens, ' : ''}` +
          'tools[1] (web_search_20250305), messages[2].content[0].content[0] (image)',
      );
    }
    expect(await promptText(server)).toContain('tool:[image left out]');
  });

  it('report the stop sequence of the request but not the model’s own', async () => {
    server.runner.script = { pieces: ['a'], stopText: 'END' };
    expect(await ask({ stop_sequences: ['END'] })).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
    expect(await ask()).toMatchObject({ stop_reason: 'end_turn', stop_sequence: null });
    server.runner.script = { pieces: ['a'], reason: 'length' };
    expect(await ask()).toMatchObject({ stop_reason: 'max_tokens' });
  });

  it.each([
    [{ type: 'any' }, true],
    [{ type: 'tool', name: 'weather' }, true],
    [{ type: 'auto' }, false],
  ])('demand a tool: %j', async (tool_choice, isEnforced) => {
    await ask({ tools: [weather], tool_choice, thinking: { type: 'disabled' } });
    expect(server.runner.requests.at(-1)?.grammar !== undefined).toBe(isEnforced);
  });

  it('skip thinking when the model cannot think', async () => {
    const thinking = { type: 'enabled', budget_tokens: 1024 } as const;
    expect((await ask({ model: 'plain', thinking, max_tokens: 2000 })).stop_reason).toBe('end_turn');
  });

  it('count the tokens of a prompt', async () => {
    const { input_tokens: count } = await client.messages.countTokens({
      model: 'm',
      messages: base.messages,
    });
    const reply = await ask();
    expect(count).toBe(reply.usage.input_tokens + (reply.usage.cache_read_input_tokens ?? 0));
  });
});

it('lists models in the format of this API', async () => {
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id).sort()).toEqual(['m:latest', 'plain:latest']);
  expect(await client.models.retrieve('m')).toMatchObject({ type: 'model', id: 'm:latest' });
});

describe('streamed messages', () => {
  const events = async (fields: object = {}) => {
    const all: Anthropic.MessageStreamEvent[] = [];
    for await (const event of await client.messages.create({ ...base, ...fields, stream: true }))
      all.push(event);
    return all;
  };

  it('report each step', async () => {
    says(...calling);
    const all = await events({ tools: [weather] });
    expect(all.map(({ type }) => type)).toEqual([
      'message_start',
      ...['content_block_start', 'content_block_delta', 'content_block_delta', 'content_block_stop'],
      ...['content_block_start', 'content_block_delta', 'content_block_stop'],
      ...['content_block_start', 'content_block_delta', 'content_block_stop'],
      'message_delta',
      'message_stop',
    ]);
    expect(all[0]).toMatchObject({
      message: { usage: { input_tokens: expect.toSatisfy((count) => count > 0) } },
    });
    expect(all.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 8 } });
  });

  it('are assembled by the client', async () => {
    says(...calling);
    const stream = client.messages.stream({ ...base, tools: [weather] });
    const texts: string[] = [];
    stream.on('text', (text) => texts.push(text));
    const message = await stream.finalMessage();
    expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use']);
    expect(message.content.at(-1)).toMatchObject({ input: { city: 'Rome' } });
    expect(texts.join('')).toBe('See:');
  });

  it('end with an error event when the model fails', async () => {
    server.runner.script = { pieces: ['a'], failure: new OllamaError('runner-failed', 'it died') };
    await expect(events()).rejects.toThrow('it died');
    const response = await server.post('/v1/messages', { ...base, stream: true });
    expect((await response.text()).trimEnd().split('\n\n').at(-1)).toMatch(
      /^event: error\ndata: \{"type":"error","error":\{"type":"api_error","message":"it died"\},"request_id":"req_/,
    );
  });
});

describe('an unsupported request', () => {
  it.each([
    [{ max_tokens: undefined }, 400, 'max_tokens is required and must be positive'],
    [{ model: '' }, 400, 'model is required'],
    [{ messages: [] }, 400, 'messages is required'],
    [{ model: 'none' }, 404, "model 'none' not found"],
    [
      {
        tools: [{ type: 'web_search_20250305', name: 'web_search' }],
        tool_choice: { type: 'tool', name: 'web_search' },
      },
      400,
      'tool_choice demands "web_search"',
    ],
    [
      {
        messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', data: 'aGk=' } }] }],
      },
      400,
      '"messages[0].content[0]" cannot be sent to model "m:latest": the model does not support images',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'x' } }] }] },
      400,
      'Only base64 images',
    ],
    [{ messages: [{ role: 'bot', content: 'x' }] }, 400, 'messages[0]: role "bot"'],
  ])('is refused in the format of this API: %j', async (fields, status, message) => {
    const error: unknown = await ask(fields).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(APIError);
    const type = status === 404 ? 'not_found_error' : 'invalid_request_error';
    expect(error).toMatchObject({
      status,
      error: { type: 'error', error: { type, message: expect.stringContaining(message) } },
    });
  });

  it('gets the same format for wrong methods and bodies', async () => {
    const replies = [await server.app.request('/v1/messages'), await server.post('/v1/messages', '{')];
    expect(replies.map(({ status }) => status)).toEqual([405, 400]);
    for (const reply of replies)
      expect(await reply.json()).toMatchObject({ type: 'error', request_id: expect.any(String) });
  });
});
