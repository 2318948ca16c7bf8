import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
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

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const weather = { type: 'function', name: 'weather', parameters };
const patch = { type: 'custom', name: 'patch', description: 'Edits files.' };
const team = { type: 'namespace', name: 'team', tools: [{ ...weather, name: 'spawn' }, patch] };

/** Fields that the client's types do not know. */
type Loose = Record<string, unknown>;
const send = async (fields: object) => {
  const request = api.client.responses.create({ model: 'm', input: 'hi', ...fields, stream: false });
  const { data, response } = await request.withResponse();
  const output = data.output as unknown as Loose[];
  return { output, ignored: response.headers.get('x-ollama-ignored') ?? '', id: data.id };
};
const streamed = async (fields: object): Promise<ResponseStreamEvent[]> =>
  allOf(await api.client.responses.create({ model: 'm', input: 'hi', ...fields, stream: true }));

describe('tools of a response', () => {
  it('that only their provider could run are left out and named', async () => {
    const types = ['web_search', 'web_search_preview_2025_03_11', 'file_search', 'code_interpreter', 'mcp'];
    const more = ['image_generation', 'computer_use_preview', 'local_shell', 'shell', 'tool_search', 'new'];
    const tools = [weather, ...[...types, ...more].map((type) => ({ type, filters: [1], name: null }))];
    const { ignored } = await send({ tools, tool_choice: 'auto' });
    for (const [index, type] of [...types, ...more].entries()) {
      expect(ignored).toContain(`tools[${index + 1}] (${type})`);
    }
    expect(await api.lastPrompt()).toContain('weather');
    expect(await api.lastPrompt()).not.toContain('web_search');
  });

  it('with odd fields never fail', async () => {
    const odd = [{ type: 7 }, {}, { type: 'custom' }, { type: 'namespace', name: 'n', tools: 'x' }];
    const bare = [{ name: 'bare', description: 5, parameters: [] }];
    const { ignored } = await send({ tools: [...odd, ...bare] });
    expect(ignored).toBe('tools[0] (unknown), tools[1] (function), tools[2] (custom)');
    expect(await api.lastPrompt()).toContain('bare');
  });

  it('of a namespace are called by joined names, and come back apart', async () => {
    api.say(callPieces('team__spawn', { city: 'Rome' }));
    const { output } = await send({ tools: [team, weather] });
    expect(output).toMatchObject([
      { type: 'function_call', namespace: 'team', name: 'spawn', arguments: '{"city":"Rome"}' },
    ]);
    api.say(['Yes']);
    const [call] = output;
    const result = { type: 'function_call_output', call_id: call?.call_id, output: 'spawned' };
    await send({ tools: [team], input: [{ role: 'user', content: 'hi' }, call, result] });
    const prompt = await api.lastPrompt();
    expect(prompt).toContain('"name": "team__spawn", "arguments": {"city":"Rome"}');
    expect(prompt).toContain('[tool:team__spawn]spawned');
  });

  it('keep apart namespaces and functions whose joined names are equal', async () => {
    const tools = [{ ...weather, name: 'team__spawn' }, team];
    api.say(callPieces('team__spawn', {}));
    expect((await send({ tools })).output).toMatchObject([{ name: 'team__spawn' }]);
    api.say(callPieces('team__spawn_2', {}));
    expect((await send({ tools })).output).toMatchObject([{ name: 'spawn', namespace: 'team' }]);
  });

  it('may come as an item, in the default namespace of Codex', async () => {
    api.say(callPieces('patch', { input: 'x' }));
    const functions = { type: 'namespace', name: 'functions', tools: [patch, { type: 'web_search' }] };
    const items = [{ type: 'additional_tools', role: 'developer', tools: [functions] }];
    const { output, ignored } = await send({ input: [...items, { role: 'user', content: 'hi' }] });
    expect(output).toMatchObject([
      { type: 'custom_tool_call', name: 'patch', namespace: 'functions', input: 'x' },
    ]);
    expect(ignored).toBe('input[0].tools[0].tools[1] (web_search)');
  });
});

describe('a custom tool of a response', () => {
  const text = '*** Begin Patch\n+"a"\n';

  it('is called with its text, which every event carries as it is', async () => {
    api.say(callPieces('patch', { input: text }));
    const events = await streamed({ tools: [patch] });
    const about = events.filter(({ type }) => /custom_tool|output_item/.test(type));
    expect(about).toMatchObject([
      { type: 'response.output_item.added', item: { type: 'custom_tool_call', name: 'patch', input: '' } },
      { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: text },
      { type: 'response.custom_tool_call_input.done', output_index: 0, input: text },
      { type: 'response.output_item.done', item: { name: 'patch', input: text, status: 'completed' } },
    ]);
    const ids = about.map((event) => ('item' in event ? event.item.id : 'item_id' in event && event.item_id));
    expect(new Set(ids).size).toBe(1);
  });

  it('returns its result under the ID of the call', async () => {
    api.say(callPieces('patch', { input: text }));
    const { output, id } = await send({ tools: [patch] });
    api.say(['Done']);
    const result = { type: 'custom_tool_call_output', call_id: output[0]?.call_id, output: 'patched' };
    await send({ tools: [patch], previous_response_id: id, input: [result] });
    const prompt = await api.lastPrompt();
    expect(prompt).toContain(JSON.stringify({ input: text }));
    expect(prompt).toContain('[tool:patch]patched');
  });

  it('can be demanded', async () => {
    api.say(callPieces('patch', { input: text }));
    await send({ tools: [weather, patch], tool_choice: { type: 'custom', name: 'patch' } });
    const { grammar } = api.server.runner.requests.at(-1) ?? {};
    expect(grammar).toContain('patch');
    expect(grammar).not.toContain('weather');
  });

  it('has its regular expression enforced where the call is, and named where it is not', async () => {
    const format = { type: 'grammar', syntax: 'regex', definition: 'QQ[0-9]+' };
    const tools = [{ ...patch, format }];
    expect((await send({ tools })).ignored).toBe('tools[0].format (grammar)');
    api.say(callPieces('patch', { input: 'QQ1' }));
    expect((await send({ tools, tool_choice: 'required' })).ignored).toBe('');
    expect(api.server.runner.requests.at(-1)?.grammar).toMatch(/\[Q\] .*\n.*\[Q\] /);
  });

  it('has another grammar shown to the model and named', async () => {
    const format = { type: 'grammar', syntax: 'lark', definition: 'start: "QQ"' };
    const { ignored } = await send({ tools: [{ ...patch, format }] });
    expect(ignored).toBe('tools[0].format (grammar)');
    expect(await api.lastPrompt()).toContain('start: \\"QQ\\"');
  });
});

describe('a search for tools that the client runs', () => {
  const search = { type: 'tool_search', execution: 'client', description: 'Finds tools.', parameters };

  it('is a call whose result offers what it found', async () => {
    api.say(callPieces('tool_search', { city: 'Rome' }));
    const events = await streamed({ tools: [search] });
    const items = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
    expect(items).toMatchObject([
      { type: 'tool_search_call', execution: 'client', arguments: { city: 'Rome' } },
    ]);
    const [call] = items as unknown as Loose[];
    const found = { type: 'tool_search_output', call_id: call?.call_id, execution: 'client', tools: [team] };
    api.say(callPieces('team__spawn', {}));
    const { output } = await send({ tools: [search], input: [{ role: 'user', content: 'hi' }, call, found] });
    expect(output).toMatchObject([{ namespace: 'team', name: 'spawn' }]);
    expect(await api.lastPrompt()).toContain('[tool:tool_search]["team__spawn","team__patch"]');
  });
});

describe('a tool choice of a response', () => {
  it('of allowed tools leaves out what is not offered', async () => {
    const allowed = [{ type: 'web_search' }, { type: 'function', name: 'spawn', namespace: 'team' }];
    const tool_choice = { type: 'allowed_tools', mode: 'auto', tools: allowed };
    await send({ tools: [team, weather], tool_choice });
    expect(await api.lastPrompt()).toContain('team__spawn');
    expect(await api.lastPrompt()).not.toContain('weather');
  });

  it('of allowed tools is refused if one of them must be called and none can be', async () => {
    const tool_choice = { type: 'allowed_tools', mode: 'required', tools: [{ type: 'web_search' }] };
    await expect(send({ tools: [weather, { type: 'web_search' }], tool_choice })).rejects.toMatchObject({
      status: 400,
    });
  });
});
