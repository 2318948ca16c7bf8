import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  allOf,
  callPieces,
  type OpenAiServer,
  startOpenAiServer,
} from '../../../../test/fakes/servers/openai-server.ts';

let api: OpenAiServer;
beforeEach(async () => {
  api = await startOpenAiServer();
});
afterEach(() => api.close());

const messages = [{ role: 'user' as const, content: 'hi' }];
const weather = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};
const create = (fields: object) =>
  api.client.chat.completions.create({ model: 'm', messages, ...fields, stream: false });
const raw = (body: object) =>
  fetch(`${api.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages, ...body }),
  });

describe('a chat completion', () => {
  it('ends with "length" when the model was cut off', async () => {
    api.say(['Hello'], { reason: 'length' });
    expect((await create({})).choices[0]?.finish_reason).toBe('length');
  });

  it('passes on sampling fields, which override those in options', async () => {
    await create({
      max_completion_tokens: 7,
      temperature: 0.5,
      top_p: 0.25,
      seed: 42,
      stop: ['END', ''],
      frequency_penalty: 0.5,
      presence_penalty: -0.5,
      logit_bias: { 11: -100, 12: 5 },
      options: { temperature: 0.1, top_k: 3 },
    });
    const request = api.server.runner.requests.at(-1);
    expect(request).toMatchObject({ maxTokens: 7, stop: ['END'] });
    expect(request?.sampling).toMatchObject({ temperature: 0.5, topP: 0.25, topK: 3, seed: 42 });
    const bias = JSON.stringify(request?.sampling);
    expect(bias).toContain('11');
    expect(bias).toContain('12');
  });
});

describe('tools', () => {
  it('are called, and their results are passed on with the tool name', async () => {
    api.say(callPieces('weather', { city: 'Rome' }));
    const { choices } = await create({ tools: [weather] });
    const [choice] = choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const call = choice?.message.tool_calls?.[0];
    expect(call).toMatchObject({ type: 'function', id: expect.stringMatching(/^call_/) });
    if (call?.type !== 'function') throw new Error('no function was called');
    expect([call.function.name, JSON.parse(call.function.arguments)]).toEqual(['weather', { city: 'Rome' }]);

    api.say(['Sunny']);
    const result = { role: 'tool' as const, tool_call_id: call.id, content: '20 C' };
    const answer = await create({ messages: [...messages, choice?.message, result], tools: [weather] });
    expect(answer.choices[0]?.message.content).toBe('Sunny');
    expect(await api.lastPrompt()).toContain('[tool:weather]20 C');
  });

  it('are streamed, each call with its index, as the stream helper expects', async () => {
    api.say([...callPieces('weather', { city: 'Rome' }), ...callPieces('weather', { city: 'Oslo' })]);
    const stream = api.client.chat.completions.stream({ model: 'm', messages, tools: [weather] });
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    const calls = choices[0]?.message.tool_calls?.map(({ function: called }) => JSON.parse(called.arguments));
    expect(calls).toEqual([{ city: 'Rome' }, { city: 'Oslo' }]);
    const ids = choices[0]?.message.tool_calls?.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });

  it('can be run by the client until there is an answer', async () => {
    const asked: unknown[] = [];
    api.say(callPieces('weather', { city: 'Rome' }));
    const runner = api.client.chat.completions.runTools({
      model: 'm',
      messages,
      tools: [
        {
          type: 'function',
          function: {
            ...weather.function,
            description: 'The weather of a city',
            parse: JSON.parse,
            function: (given: { city: string }) => {
              asked.push(given);
              api.say(['It is sunny.']);
              return 'sunny';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('It is sunny.');
    expect(asked).toEqual([{ city: 'Rome' }]);
  });

  it('are enforced by a grammar or left out', async () => {
    api.say(callPieces('weather', { city: 'Rome' }));
    const named = { type: 'function', function: { name: 'weather' } };
    for (const choice of ['required', named]) {
      await create({ tools: [weather], tool_choice: choice });
      expect(api.server.runner.requests.at(-1)?.grammar).toContain('weather');
    }
    api.say(['no']);
    await create({ tools: [weather], tool_choice: 'none' });
    expect(await api.lastPrompt()).not.toContain('weather');
    await expect(create({ tools: [weather], tool_choice: 'sometimes' })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('tool_choice'),
    });
  });

  it('are called at most once without parallel_tool_calls', async () => {
    api.say([...callPieces('weather', { city: 'Rome' }), ...callPieces('weather', { city: 'Oslo' })]);
    const { choices } = await create({ tools: [weather], parallel_tool_calls: false });
    expect(choices[0]?.message.tool_calls).toHaveLength(1);
  });
});

describe('a streamed chat completion', () => {
  const stream = async (fields: object) =>
    allOf(await api.client.chat.completions.create({ model: 'm', messages, ...fields, stream: true }));

  it('names the role once and ends with a reason, and with the usage on request', async () => {
    const chunks = await stream({ stream_options: { include_usage: true } });
    expect(chunks.map(({ choices }) => choices[0]?.delta.role ?? '-').join('')).toBe('assistant---');
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello world');
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? null)).toEqual([
      null,
      null,
      'stop',
      null,
    ]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 2 } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect((await stream({})).every(({ usage }) => usage === undefined)).toBe(true);
  });

  it('consists of server-sent events that end with [DONE]', async () => {
    const response = await raw({ stream: true });
    expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream/);
    const events = (await response.text()).split('\n\n');
    expect(events.slice(-2)).toEqual(['data: [DONE]', '']);
    expect(events.slice(0, -1).every((event) => event.startsWith('data: '))).toBe(true);
  });
});

describe('ignored fields', () => {
  it('are also listed for messages and their parts', async () => {
    const parts = [{ type: 'text', text: 'x', odd: 1 }];
    const response = await raw({ messages: [{ role: 'user', content: parts, strange: 2 }] });
    expect(response.headers.get('X-Ollama-Ignored')).toBe('messages.content.odd, messages.strange');
  });
});
