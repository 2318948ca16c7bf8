/** Anthropic's official client against the running server. */
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { toolsTemplate } from '../support/chat-templates.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel } from '../support/server-requests.ts';

const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a city.',
  input_schema: {
    type: 'object',
    required: ['city', 'unit'],
    properties: { city: { type: 'string', maxLength: 20 }, unit: { type: 'string', enum: ['C', 'F'] } },
  },
};
const question: Anthropic.MessageParam = { role: 'user', content: 'What is the weather in Rome?' };

let server: TestServer;
let client: Anthropic;

beforeAll(async () => {
  server = await startTestServer();
  client = new Anthropic({ baseURL: server.url, apiKey: 'ollama', maxRetries: 0 });
  await createModel(server, 'smol', inject('smolModelPath'), {
    template: toolsTemplate,
    parameters: { num_ctx: 1024 },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const base = { model: 'smol', max_tokens: 60, temperature: 0, messages: [question] };
const off = { type: 'disabled' } as const;

describe('messages', () => {
  it('give the same answer, streamed or not, and stop at a stop sequence', async () => {
    const whole = await client.messages.create({ ...base, thinking: off });
    const streamed = await client.messages.stream({ ...base, thinking: off }).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    const [first] = whole.content;
    const text = first?.type === 'text' ? first.text : '';
    expect(text).not.toBe('');
    const word = text.split(' ')[2] ?? '';
    const stopped = await client.messages.create({ ...base, thinking: off, stop_sequences: [` ${word}`] });
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: ` ${word}` });
  });

  it('think within a budget', async () => {
    const thinking = { type: 'enabled', budget_tokens: 12 } as const;
    const stream = client.messages.stream({ ...base, thinking });
    let thoughts = '';
    stream.on('thinking', (delta) => {
      thoughts += delta;
    });
    const { content } = await stream.finalMessage();
    expect(thoughts).not.toBe('');
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'text']);
  });

  it('support a complete tool call as an agent makes it', async () => {
    const tool_choice = { type: 'tool', name: 'get_weather', disable_parallel_tool_use: true } as const;
    const asked = await client.messages.create({ ...base, thinking: off, tools: [weather], tool_choice });
    const [use] = asked.content;
    if (use?.type !== 'tool_use') throw new Error('no tool was used');
    expect(asked.stop_reason).toBe('tool_use');
    expect(use.input).toEqual({ city: expect.any(String), unit: expect.stringMatching(/^[CF]$/) });
    const answered = await client.messages.create({
      ...base,
      thinking: off,
      tools: [weather],
      tool_choice: { type: 'none' },
      messages: [
        question,
        { role: 'assistant', content: asked.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: '21 degrees' }] },
      ],
    });
    expect(answered.content).toMatchObject([{ type: 'text', text: expect.stringMatching(/./) }]);
  });

  it('count the same number of tokens as the answer reports', async () => {
    const prompt = { model: 'smol', messages: [question], thinking: off };
    const { input_tokens: count } = await client.messages.countTokens(prompt);
    const { usage } = await client.messages.create({ ...base, thinking: off, max_tokens: 1 });
    expect(count).toBe(usage.input_tokens + (usage.cache_read_input_tokens ?? 0));
  });

  it('free their slot when the client disconnects', async () => {
    const stream = client.messages.stream({ ...base, max_tokens: 900, thinking: off });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    stream.abort();
    const running = async () =>
      (await (await fetch(`${server.url}/api/queue`)).json()) as { waiting?: unknown[] };
    await expect
      .poll(async () => JSON.stringify(await running()), { timeout: 10_000 })
      .toContain('"active":0');
  });
});
