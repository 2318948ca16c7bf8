/** Fields of agents, routers and older clients that /v1/chat/completions honours, or accepts and names. */
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
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const weather = { name: 'weather', parameters };
const tool = { type: 'function', function: weather };
const create = (fields: object) =>
  api.client.chat.completions.create({ model: 'm', messages, ...fields, stream: false });
const post = async (fields: object, path = '/v1/chat/completions') => {
  const response = await api.server.post(path, { model: 'm', messages, ...fields });
  return { status: response.status, ignored: response.headers.get('X-Ollama-Ignored') };
};
const lastRequest = () => api.server.runner.requests.at(-1);

describe('functions, the older form of tools', () => {
  it('are called as OpenAI did', async () => {
    api.say([...callPieces('weather', { city: 'Rome' }), ...callPieces('weather', { city: 'Oslo' })]);
    const { choices } = await create({ functions: [weather] });
    expect(choices).toMatchObject([
      {
        finish_reason: 'function_call',
        message: { content: null, function_call: { name: 'weather', arguments: '{"city":"Rome"}' } },
      },
    ]);
    expect(choices[0]?.message).not.toHaveProperty('tool_calls');
    expect(await api.lastPrompt()).toContain('weather');
  });

  it('are streamed', async () => {
    api.say(callPieces('weather', { city: 'Rome' }));
    const chunks = await allOf(
      await api.client.chat.completions.create({ model: 'm', messages, functions: [weather], stream: true }),
    );
    expect(chunks[0]?.choices[0]?.delta).toMatchObject({
      role: 'assistant',
      function_call: { name: 'weather', arguments: '{"city":"Rome"}' },
    });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('function_call');
  });

  it('are carried through the history with their results', async () => {
    const history = [
      ...messages,
      { role: 'assistant', content: null, function_call: { name: 'weather', arguments: '{"city":"Rome"}' } },
      { role: 'function', name: 'weather', content: '20 C' },
    ];
    await create({ messages: history, functions: [weather] });
    expect(await api.lastPrompt()).toContain('{"name": "weather", "arguments": {"city":"Rome"}}');
    expect(await api.lastPrompt()).toContain('[tool:weather]20 C');
  });

  it('are forced or left out by function_call', async () => {
    api.say(callPieces('weather', {}));
    await create({ functions: [weather], function_call: { name: 'weather' } });
    expect(lastRequest()?.grammar).toContain('weather');
    api.say(['no']);
    await create({ functions: [weather], function_call: 'none' });
    expect(await api.lastPrompt()).not.toContain('weather');
    await expect(create({ functions: [weather], function_call: { name: 'other' } })).rejects.toMatchObject({
      status: 400,
    });
  });

  it('may be an empty list, beside tools too', async () => {
    expect((await create({ functions: [] })).choices[0]?.finish_reason).toBe('stop');
    api.say(callPieces('weather', {}));
    const { choices } = await create({ functions: [], tools: [tool] });
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: [{}] } });
  });
});

describe('custom tools', () => {
  const patch = { type: 'custom', custom: { name: 'patch', description: 'Apply a patch' } };

  it('are called with free text', async () => {
    api.say(callPieces('patch', { input: '*** Begin\n+"a"' }));
    const { choices } = await create({ tools: [patch, tool] });
    const call = { id: expect.stringMatching(/^call_/), type: 'custom', index: 0 };
    expect(choices[0]?.message.tool_calls).toEqual([
      { ...call, custom: { name: 'patch', input: '*** Begin\n+"a"' } },
    ]);
    expect(choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('can be forced, with their regular expression', async () => {
    api.say(callPieces('patch', { input: 'go' }));
    const format = { type: 'grammar', grammar: { syntax: 'regex', definition: 'go|stop' } };
    const custom = { ...patch.custom, format };
    const forced = { type: 'custom', custom: { name: 'patch' } };
    await create({ tools: [{ type: 'custom', custom }], tool_choice: forced });
    expect(lastRequest()?.grammar).toMatch(/::= \[g\] .* \| \[s\] /);
  });

  it('show a grammar of another kind to the model, and name it', async () => {
    const format = { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } };
    const reply = await post({ tools: [{ type: 'custom', custom: { ...patch.custom, format } }] });
    expect(reply).toEqual({ status: 200, ignored: 'tools[0].custom.format' });
    expect(await api.lastPrompt()).toContain('start: \\"x\\"');
  });
});

describe('tools that only OpenAI runs', () => {
  it('are left out and named, and the others are offered', async () => {
    const tools = [{ type: 'web_search' }, tool, { type: 'mcp', server_label: 'x' }];
    const { status, ignored } = await post({ tools });
    expect(status).toBe(200);
    expect(ignored).toContain('tools[0] (web_search)');
    expect(ignored).toContain('tools[2] (mcp)');
    expect(await api.lastPrompt()).toContain('weather');
  });

  it('are refused where a call of them is forced', async () => {
    const tools = [{ type: 'web_search' }];
    for (const tool_choice of ['required', 'any', { type: 'web_search' }, { type: 'required' }]) {
      await expect(create({ tools, tool_choice })).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining('tool_choice'),
      });
    }
    const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools } };
    await expect(create({ tools: [...tools, tool], tool_choice: allowed })).rejects.toMatchObject({
      status: 400,
    });
  });

  it('do not hinder a function written without its own object', async () => {
    await create({ tools: [{ type: 'function', ...weather }] });
    expect(await api.lastPrompt()).toContain('weather');
  });
});

describe('the thinking of earlier answers', () => {
  it.each([
    [{ reasoning: 'why' }, '<think>why</think>'],
    [{ reasoning_content: 'why' }, '<think>why</think>'],
    [{ reasoning: 'why', reasoning_content: 'why' }, '<think>why</think>'],
    [{ reasoning: '', reasoning_content: 'why' }, '<think>why</think>'],
    [{ reasoning: 'why', reasoning_content: 'how' }, '<think>why</think>'],
    [{ reasoning: null, reasoning_content: null }, '[assistant]yes'],
    [{ reasoning: { text: 'why' } }, '[assistant]yes'],
  ])('is read from %j, once', async (fields, shown) => {
    const history = [...messages, { role: 'assistant', content: 'yes', ...fields }, ...messages];
    expect(await post({ messages: history })).toMatchObject({ status: 200 });
    expect(await api.lastPrompt()).toContain(shown);
    expect((await api.lastPrompt()).split('<think>')).toHaveLength(shown.includes('<think>') ? 2 : 1);
  });
});

describe('fields of OpenAI without a counterpart here', () => {
  it.each([
    [{ metadata: { a: 'b' } }, 'metadata'],
    [{ prediction: { type: 'content', content: 'x' } }, 'prediction'],
    [{ service_tier: 'flex' }, 'service_tier'],
    [{ store: true }, 'store'],
    [{ verbosity: 'low' }, 'verbosity'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ safety_identifier: 'u' }, 'safety_identifier'],
    [{ prompt_cache_key: 'k' }, 'prompt_cache_key'],
    [{ stream_options: { include_obfuscation: true } }, 'stream_options.include_obfuscation'],
    [{ modalities: ['text', 'audio'], audio: { voice: 'x' } }, 'audio, modalities[1] (audio)'],
    [{ reasoning_effort: 'much' }, 'reasoning_effort (much)'],
  ])('are accepted and named: %j', async (fields, ignored) => {
    expect(await post(fields)).toEqual({ status: 200, ignored });
  });

  it.each([
    { store: false },
    { modalities: ['text'] },
    { stream_options: { include_obfuscation: false } },
    { parallel_tool_calls: false, tools: [tool] },
    { parallel_tool_calls: true, tools: [tool] },
    { parallel_tool_calls: true },
    { reasoning_effort: '' },
    { keep_alive: '' },
    { keep_alive: '300' },
  ])('are not named where the answer is as they say: %j', async (fields) => {
    expect(await post(fields)).toEqual({ status: 200, ignored: null });
  });

  it('do not keep a schema from being honoured beside the type json_object', async () => {
    api.say(['{"town":"Rome"}']);
    const schema = { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] };
    await create({ response_format: { type: 'json_object', schema } });
    expect(lastRequest()?.grammar).toContain('town');
    await create({ response_format: { type: 'json_object' } });
    expect(lastRequest()?.grammar).not.toContain('town');
  });
});

describe('limits and seeds', () => {
  it.each(['max_tokens', 'max_completion_tokens'])(
    'of 0 in %s are absent, below 0 there is none',
    async (field) => {
      const options = { num_predict: 7 };
      const limitOf = async (value: unknown) => {
        expect(await post({ options, [field]: value })).toEqual({ status: 200, ignored: null });
        return lastRequest()?.maxTokens;
      };
      expect(await limitOf(0)).toBe(7);
      expect(await limitOf(null)).toBe(7);
      expect(await limitOf(5)).toBe(5);
      const none = await limitOf(-1);
      expect(none).toBeGreaterThan(1000);
      expect([await limitOf(-5), await limitOf(1e12)]).toEqual([none, none]);
    },
  );

  it.each(['9007199254740992', '1152921504606846976', '9223372036854775807', '-1'])(
    'of %s are accepted in every dialect, and the same each time',
    async (seed) => {
      const seeds = async (path: string, text: string) => {
        const before = api.server.runner.requests.length;
        const response = await api.server.post(path, text);
        expect(response.status).toBe(200);
        await response.text();
        // The runs of one request begin in any order.
        return api.server.runner.requests
          .slice(before)
          .map(({ sampling }) => sampling.seed)
          .sort();
      };
      const chat = `"model":"m","messages":[{"role":"user","content":"x"}]`;
      const once = await seeds('/v1/chat/completions', `{${chat},"seed":${seed},"n":2}`);
      expect(await seeds('/v1/chat/completions', `{${chat},"seed":${seed},"n":2}`)).toEqual(once);
      if (seed === '-1') expect(once).toEqual([-1, -1]);
      else expect(new Set(once).size).toBe(2);
      for (const [path, body] of [
        ['/v1/completions', `{"model":"m","prompt":"x","seed":${seed}}`],
        ['/v1/responses', `{"model":"m","input":"x","options":{"seed":${seed}}}`],
        ['/api/chat', `{${chat},"options":{"seed":${seed}}}`],
        ['/api/generate', `{"model":"m","prompt":"x","options":{"seed":${seed}}}`],
      ] as const) {
        expect(await seeds(path, body)).toEqual([Math.min(...once)]);
      }
    },
  );
});
