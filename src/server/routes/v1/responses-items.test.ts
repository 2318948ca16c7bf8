import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenAiServer, startOpenAiServer } from '../../../../test/fakes/servers/openai-server.ts';

let api: OpenAiServer;
beforeEach(async () => {
  api = await startOpenAiServer();
});
afterEach(() => api.close());

const user = (content: unknown) => ({ type: 'message', role: 'user', content });
/** @returns the header, after a request with these items */
const send = async (input: readonly object[], fields: object = {}) => {
  const asked = { model: 'm', input: input as never, ...fields, stream: false as const };
  const { data, response } = await api.client.responses.create(asked).withResponse();
  return { data, ignored: response.headers.get('x-ollama-ignored') ?? '' };
};

describe('items of the input', () => {
  it.each([
    ['local_shell', { id: 'l', action: { type: 'exec', command: ['ls'] } }, { id: 'l', output: 'a.txt' }],
    [
      'shell',
      { call_id: 'c', action: { commands: ['ls'] } },
      { call_id: 'c', output: [{ stdout: 'a.txt' }] },
    ],
    ['apply_patch', { call_id: 'c', operation: { path: 'ls' } }, { call_id: 'c', output: 'a.txt' }],
    ['computer', { call_id: 'c', action: { type: 'ls' } }, { call_id: 'c', output: { found: 'a.txt' } }],
    ['tool_search', { call_id: 'c', arguments: { query: 'ls' } }, { call_id: 'c', output: 'a.txt' }],
    ['brand_new', { call_id: 'c', input: 'ls' }, { call_id: 'c', output: ['a.txt'] }],
  ])('that are a call of the tool %s and its output become messages', async (name, call, output) => {
    const pair = [
      { ...call, type: `${name}_call` },
      { ...output, type: `${name}_call_output` },
    ];
    const { ignored } = await send([user('hi'), ...pair, user('Thanks')]);
    const prompt = await api.lastPrompt();
    expect(prompt).toMatch(new RegExp(`"name": "${name}", "arguments": \\{.*ls`));
    expect(prompt).toMatch(new RegExp(`\\[tool:${name}\\].*a\\.txt`));
    expect(ignored).toBe('');
  });

  it('that hold a call and its result become both', async () => {
    const mcp = { type: 'mcp_call', id: 'm1', name: 'fetch', arguments: '{"url":"u"}', output: 'page' };
    const code = {
      type: 'code_interpreter_call',
      id: 'x',
      code: '1+1',
      outputs: [{ type: 'logs', logs: '2' }],
    };
    await send([user('hi'), mcp, code, user('Thanks')]);
    const prompt = await api.lastPrompt();
    expect(prompt).toContain('[tool:fetch]page');
    expect(prompt).toContain('"arguments": {"code":"1+1"}');
    expect(prompt).toContain('[tool:code_interpreter][{"type":"logs","logs":"2"}]');
  });

  it('that no model can be given are left out and named', async () => {
    const types = [
      'web_search_call',
      'image_generation_call',
      'compaction',
      'compaction_summary',
      'mcp_list_tools',
    ];
    const more = ['context_compaction', 'mcp_approval_request', 'configuration_update', 'x'];
    const items = [...types, ...more].map((type) => ({
      type,
      id: 'i',
      content: 5,
      tools: 7,
      role: [],
      output: null,
    }));
    const secret = { type: 'reasoning', summary: [], encrypted_content: 'gAAA' };
    const { ignored } = await send([...items, secret, { type: 'item_reference', id: 'none' }, user('hi')]);
    const named = [...types, ...more, 'reasoning', 'item_reference'];
    expect(ignored.split(', ')).toEqual(named.map((type, index) => `input[${index}] (${type})`));
    expect(await api.lastPrompt()).toBe('[user]hi\n[assistant]');
  });

  it('with reasoning in either form are the thinking of the next answer', async () => {
    const text = (type: string, said: string) => ({ type, text: said });
    const whole = { content: [text('reasoning_text', 'whole')], summary: [text('summary_text', 'short')] };
    const items = [
      { type: 'reasoning', ...whole },
      { role: 'assistant', content: 'a' },
      user('and'),
      { type: 'reasoning', summary: [text('summary_text', 'summed')], content: null },
      { role: 'assistant', content: 'b' },
    ];
    await send([user('hi'), ...items, user('more')]);
    const prompt = await api.lastPrompt();
    expect(prompt).toContain('[assistant]<think>whole</think>a');
    expect(prompt).toContain('[assistant]<think>summed</think>b');
    expect(prompt).not.toContain('short');
  });

  it('that refer to an item of a stored response stand for it, until the response is deleted', async () => {
    api.say(['<think>', 'Hm.', '</think>', 'I am Ann.']);
    const { data } = await send([user('Who?')]);
    const references = data.output.map(({ id }) => ({ type: 'item_reference', id }));
    await send([user('Who?'), ...references, user('Really?')], { store: false });
    expect(await api.lastPrompt()).toContain('[assistant]<think>Hm.</think>I am Ann.');
    await api.client.responses.delete(data.id);
    const { ignored } = await send([user('Who?'), ...references, user('Really?')]);
    expect(ignored).toBe('input[1] (item_reference), input[2] (item_reference)');
  });

  it('with arguments that are no JSON object keep them as a text', async () => {
    const call = (given: unknown) => ({ type: 'function_call', call_id: 'c', name: 'f', arguments: given });
    await send([user('hi'), call('{"broken'), call('[1]'), call({ own: 'object' }), user('more')]);
    const prompt = await api.lastPrompt();
    expect(prompt).toMatch(/"arguments": .*\{\\?"broken/);
    expect(prompt).toMatch(/"arguments": .*\[1\]/);
    expect(prompt).toContain('"arguments": {"own":"object"}');
  });
});

describe('content of the input', () => {
  const url = { type: 'input_image', image_url: 'https://example.com/a.png' };

  it('that cannot be given to a model is noted at its place in earlier turns', async () => {
    const parts = [
      url,
      { type: 'input_file', file_id: 'f' },
      { type: 'input_text', text: 'See' },
      { type: 'x' },
    ];
    const { ignored } = await send([user(parts), { role: 'assistant', content: 'Yes' }, user('Go on')]);
    expect(await api.lastPrompt()).toContain(
      '[user][image left out]\n[file left out]\nSee\n[x left out]\n[assistant]Yes',
    );
    expect(ignored).toBe('input[0].content[0] (image), input[0].content[1] (file), input[0].content[3] (x)');
  });

  it('is refused in the question', async () => {
    await expect(send([user('a'), user([url])])).rejects.toMatchObject({ status: 400 });
    const output = { type: 'function_call_output', call_id: 'c', output: 'r' };
    await expect(send([user([url]), output])).rejects.toMatchObject({ status: 400 });
  });

  it('that a tool returned never ends the conversation', async () => {
    const file = { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' };
    const picture = { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' };
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
    const output = { type: 'function_call_output', call_id: 'c', output: [file, picture, url] };
    const { ignored } = await send([user('hi'), call, output]);
    expect(ignored).toContain('input[2].output[1] (image)');
    expect(await api.lastPrompt()).toContain('[file left out]');
    expect(await api.lastPrompt()).not.toContain('AAAA');
  });

  it('of another form is refused with its path', async () => {
    await expect(send([user(5)])).rejects.toThrow('input[0].content must be a string or a list of parts');
  });
});

describe('fields of the request', () => {
  it('that have no effect are named and repeated', async () => {
    const fields = { prompt_cache_key: 'k', safety_identifier: 's', user: 'u', service_tier: 'flex' };
    const more = {
      truncation: 'other',
      background: true,
      metadata: { a: 'b' },
      max_tool_calls: 3,
      stream_options: {},
    };
    const text = { verbosity: 'low' };
    const include = ['reasoning.encrypted_content', 'anything.else'];
    const { data, ignored } = await send([user('hi')], { ...fields, ...more, text, include });
    expect(ignored.split(', ')).toEqual([
      ...['prompt_cache_key', 'safety_identifier', 'user', 'service_tier', 'truncation', 'text.verbosity'],
      ...['background', 'include[0] (reasoning.encrypted_content)', 'include[1] (anything.else)'],
    ]);
    expect(data).toMatchObject({
      ...{ prompt_cache_key: 'k', safety_identifier: 's', user: 'u', service_tier: 'default' },
      ...{ metadata: { a: 'b' }, max_tool_calls: 3, background: false, status: 'completed' },
      text: { verbosity: 'low', format: { type: 'text' } },
    });
  });

  it('with their usual values are not named', async () => {
    const fields = {
      service_tier: 'auto',
      truncation: 'auto',
      background: false,
      store: false,
      metadata: {},
    };
    const obfuscation = { stream_options: { include_obfuscation: false }, text: { verbosity: 'medium' } };
    expect((await send([user('hi')], { ...fields, ...obfuscation })).ignored).toBe('');
  });

  it('limit nothing where the limit of tokens is not positive', async () => {
    for (const max_output_tokens of [-1, 0]) {
      await send([user('hi')], { max_output_tokens });
      const unlimited = api.server.runner.requests.at(-1);
      await send([user('hi')]);
      expect(unlimited?.maxTokens).toBe(api.server.runner.requests.at(-1)?.maxTokens);
    }
  });
});
