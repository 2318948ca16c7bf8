/** All of our dialects through upstreams of all kinds: each is a second server with its OpenAI, Ollama or Anthropic API. */
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callPieces } from '../../../test/fakes/servers/openai-server.ts';
import { kinds, startPair, type UpstreamPair } from '../../../test/fakes/servers/upstream-pair.ts';

const messages = [{ role: 'user' as const, content: 'hi' }];
const parameters = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
};
const weather = { type: 'function' as const, function: { name: 'weather', description: 'w', parameters } };

describe.each(kinds)('an upstream with the API of %s', (kind) => {
  let pair: UpstreamPair;
  let openAi: OpenAI;
  let anthropic: Anthropic;
  let ollama: Ollama;
  beforeEach(async () => {
    pair = await startPair(kind);
    const { url } = pair.front;
    openAi = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    anthropic = new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 });
    ollama = new Ollama({ host: url });
  });
  afterEach(() => pair.close());

  it("answers a chat of OpenAI's client, with usage", async () => {
    const { choices, usage, model } = await openAi.chat.completions.create({ model: 'far', messages });
    expect(choices[0]?.message.content).toBe('Hello world');
    expect(choices[0]?.finish_reason).toBe('stop');
    expect(model).toBe('far');
    expect(usage).toMatchObject({ completion_tokens: 2 });
    expect(usage?.prompt_tokens).toBeGreaterThan(0);
    expect(await pair.back.lastPrompt()).toContain('[user]hi');
  });

  it("streams to OpenAI's client, and ends with what the limit cut", async () => {
    pair.back.say(['Hello', ' world'], { reason: 'length' });
    const stream = await openAi.chat.completions.create({
      ...{ model: 'far', messages, stream: true, max_tokens: 2 },
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello world');
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? '').join('')).toBe('length');
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(2);
    expect(pair.back.server.runner.requests.at(-1)?.maxTokens).toBe(2);
  });

  it("answers and streams to Anthropic's client", async () => {
    const asked = { model: 'far', max_tokens: 100, messages, system: 'Be brief.' };
    const message = await anthropic.messages.create(asked);
    expect(message.content).toEqual([{ type: 'text', text: 'Hello world' }]);
    expect(message.usage.output_tokens).toBe(2);
    expect(await pair.back.lastPrompt()).toContain('[system]Be brief.');
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    expect(streamed.content).toEqual([{ type: 'text', text: 'Hello world' }]);
    expect(streamed.stop_reason).toBe('end_turn');
  });

  it("answers chat and generate of Ollama's client, and says which model answered", async () => {
    const chat = await ollama.chat({ model: 'far', messages });
    expect(chat.message.content).toBe('Hello world');
    expect(chat).toMatchObject({ model: 'far', remote_model: 'm', remote_host: 'behind', done: true });
    expect(chat.eval_count).toBe(2);
    const generated = await ollama.generate({ model: 'far', prompt: 'hi', system: 'Be brief.' });
    expect(generated.response).toBe('Hello world');
    const parts = [];
    for await (const { response } of await ollama.generate({ model: 'far', prompt: 'hi', stream: true }))
      parts.push(response);
    expect(parts.join('')).toBe('Hello world');
  });

  it('passes on tools, their calls and their results', async () => {
    pair.back.say([...callPieces('weather', { city: 'Rome' }), ...callPieces('weather', { city: 'Oslo' })]);
    const { choices } = await openAi.chat.completions.create({ model: 'far', messages, tools: [weather] });
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    const calls = choices[0]?.message.tool_calls ?? [];
    const given = calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments));
    expect(given).toEqual([{ city: 'Rome' }, { city: 'Oslo' }]);
    expect(await pair.back.lastPrompt()).toContain('weather');

    pair.back.say(['Sunny']);
    const results = calls.map(({ id }, index) => ({
      ...{ role: 'tool' as const, tool_call_id: id, content: `${20 + index} C` },
    }));
    const answer = choices[0]?.message;
    if (!answer) throw new Error('no answer');
    const after = await openAi.chat.completions.create({
      ...{ model: 'far', messages: [...messages, answer, ...results], tools: [weather] },
    });
    expect(after.choices[0]?.message.content).toBe('Sunny');
    const prompt = await pair.back.lastPrompt();
    expect(prompt).toContain('[tool:weather]20 C');
    expect(prompt).toContain('[tool:weather]21 C');
  });

  it('calls one tool at most where a request allows one', async () => {
    pair.back.say([...callPieces('weather', { city: 'Rome' }), ...callPieces('weather', { city: 'Oslo' })]);
    const { choices } = await openAi.chat.completions.create({
      ...{ model: 'far', messages, tools: [weather], parallel_tool_calls: false },
    });
    expect(choices[0]?.message.tool_calls).toHaveLength(1);
  });

  it('passes on thinking', async () => {
    pair.back.say(['<think>', 'Hm.', '</think>', 'Yes']);
    const chat = await ollama.chat({ model: 'far', messages, think: true });
    expect(chat.message).toMatchObject({ content: 'Yes', thinking: 'Hm.' });
    const { message } = (
      await openAi.chat.completions.create({ model: 'far', messages, reasoning_effort: 'high' })
    ).choices[0] as { message: { content: string; reasoning?: string } };
    expect(message).toMatchObject({ content: 'Yes', reasoning: 'Hm.' });
  });

  it('has its answer held to a schema', async () => {
    await openAi.chat.completions.create({
      ...{ model: 'far', messages },
      response_format: { type: 'json_schema', json_schema: { name: 'place', schema: parameters } },
    });
    expect(pair.back.server.runner.requests.at(-1)?.grammar).toContain('city');
  });

  it('reports errors in the dialect of the client, with the name of the upstream', async () => {
    await pair.back.server.close();
    pair.back.say([], { failure: new Error('x') });
    const failed = await openAi.chat.completions.create({ model: 'far', messages }).catch((error) => error);
    expect(failed).toBeInstanceOf(OpenAI.APIError);
    expect(failed.message).toContain('behind');
    const other = await anthropic.messages
      .create({ model: 'far', max_tokens: 10, messages })
      .catch((error) => error);
    expect(other).toBeInstanceOf(Anthropic.APIError);
    expect(other.error).toMatchObject({
      type: 'error',
      error: { message: expect.stringContaining('behind') },
    });
  });
});
