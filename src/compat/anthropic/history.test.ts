/** What Anthropic's clients send with each request: blocks and tools that no other model can be given. */
import { describe, expect, it } from 'vitest';
import { IgnoredParts } from '../../api/ignored-parts.ts';
import { parseRequest } from '../../api/parse-request.ts';
import { countTokensSchema, nativePrompt } from './request.ts';

function read(body: object) {
  const { request, ignored: fields } = parseRequest(countTokensSchema, { model: 'm', ...body });
  const ignored = new IgnoredParts();
  const native = nativePrompt(request, ignored);
  return { ...native, messages: native.messages ?? [], ignored: ignored.names, fields };
}

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const conversation = (content: unknown[], answer: unknown[] = []) =>
  read({ messages: [user(content), assistant(answer), user('so?')] });
/** What a file becomes that has been looked at before. */
const pdf = { type: 'document', source: { type: 'unreadable', problem: 'the PDF file is encrypted' } };
const picture = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };

describe('blocks of earlier turns', () => {
  it.each([
    [
      'documents that are text',
      { type: 'document', title: 'T', source: { type: 'text', data: 'D' } },
      'T\n\nD',
    ],
    [
      'documents that consist of blocks',
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'D' }] } },
      'D',
    ],
    [
      'results of a search',
      { type: 'search_result', source: 'https://a', title: 'T', content: [{ type: 'text', text: 'R' }] },
      'T\nhttps://a\nR',
    ],
    ['summaries', { type: 'compaction', content: 'what was said' }, 'what was said'],
    ['texts of an unknown type', { type: 'from_the_future', text: 'F', other: [5] }, 'F'],
  ])('are carried when they have text: %s', (_, block, expected) => {
    const { messages, ignored } = conversation([block]);
    expect(messages[0]).toEqual({ role: 'user', content: expected });
    expect(ignored).toEqual([]);
  });

  it.each([
    ['image', picture, '[image left out]'],
    ['document', pdf, '[document left out]'],
    ['file', { type: 'container_upload', file_id: 'f' }, '[file left out]'],
    ['from_the_future', { type: 'from_the_future', data: { deep: 1 } }, '[from_the_future left out]'],
  ])('are left out and named when they have none: %s', (kind, block, marker) => {
    const { messages, ignored } = conversation([{ type: 'text', text: 'look' }, block]);
    expect(messages[0]).toEqual({ role: 'user', content: `look\n${marker}` });
    expect(ignored).toEqual([`messages[0].content[1] (${kind})`]);
  });

  it('may come from another model: its thinking is read, and what is encrypted is passed over', () => {
    const { messages, ignored } = conversation(
      ['hi'],
      [
        { type: 'thinking', thinking: 'hm', signature: 'EqQBCgIYAhIM' },
        { type: 'redacted_thinking', data: 'xyz' },
        { type: 'from_the_future', data: 'x' },
        { type: 'text', text: 'hello' },
      ],
    );
    expect(messages[1]).toEqual({ role: 'assistant', content: 'hello', thinking: 'hm' });
    expect(ignored).toEqual(['messages[1].content[2] (from_the_future)']);
  });

  it('of tools that servers ran become calls and results', () => {
    const { messages, ignored } = conversation(
      ['news?'],
      [
        { type: 'text', text: 'I search.' },
        { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'news' } },
        {
          type: 'web_search_tool_result',
          tool_use_id: 's1',
          content: [{ type: 'web_search_result', title: 'T', url: 'https://a', encrypted_content: 'EqQB' }],
        },
        { type: 'mcp_tool_use', id: 's2', name: 'look', server_name: 'x', input: {} },
        {
          type: 'mcp_tool_result',
          tool_use_id: 's2',
          is_error: true,
          content: [{ type: 'text', text: 'bad' }],
        },
        { type: 'server_tool_use', id: 's3', name: 'bash_code_execution', input: {} },
        {
          type: 'bash_code_execution_tool_result',
          tool_use_id: 's3',
          content: {
            type: 'bash_code_execution_result',
            stdout: 'out',
            stderr: '',
            return_code: 0,
            content: [],
          },
        },
        { type: 'text', text: 'Found.' },
      ],
    );
    const call = (id: string, name: string, given: object) => ({
      tool_calls: [{ id, function: { index: 0, name, arguments: given } }],
    });
    expect(messages.slice(1, -1)).toEqual([
      { role: 'assistant', content: 'I search.', ...call('s1', 'web_search', { query: 'news' }) },
      { role: 'tool', content: 'T\nhttps://a', tool_call_id: 's1', tool_name: 'web_search' },
      { role: 'assistant', content: '', ...call('s2', 'look', {}) },
      { role: 'tool', content: 'Error: bad', tool_call_id: 's2', tool_name: 'look' },
      { role: 'assistant', content: '', ...call('s3', 'bash_code_execution', {}) },
      { role: 'tool', content: 'out', tool_call_id: 's3', tool_name: 'bash_code_execution' },
      { role: 'assistant', content: 'Found.' },
    ]);
    expect(ignored).toEqual([]);
  });

  it.each([
    [{ a: 1 }, { a: 1 }],
    ['{"a": 1}', { a: 1 }],
    ['{"a": ', '{"a": '],
    [undefined, {}],
  ])('may call tools with arguments in any form: %j', (input, expected) => {
    const { messages } = conversation(['hi'], [{ type: 'tool_use', id: 'c', name: 'f', input }]);
    expect(messages[1]?.tool_calls?.[0]?.function.arguments).toEqual(expected);
  });
});

describe('the last turn of the user', () => {
  it.each([
    [picture, 'messages[0].content[1]: invalid image source type: url'],
    [pdf, 'messages[0].content[1]: the PDF file is encrypted'],
  ])('is refused when the answer would not be about what it shows: %j', (block, message) => {
    expect(() => read({ messages: [user([{ type: 'text', text: 'look' }, block])] })).toThrow(message);
  });

  it('is refused when nothing of it is left', () => {
    const messages = [user([{ type: 'from_the_future', data: 1 }])];
    expect(() => read({ messages })).toThrow(
      'messages[0].content[0]: content blocks of type "from_the_future"',
    );
  });

  it('is not what a tool returned', () => {
    const { messages, ignored } = read({
      messages: [
        user('read it'),
        assistant([{ type: 'tool_use', id: 'c', name: 'Read', input: {} }]),
        user([{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'PDF' }, pdf] }, pdf]),
      ],
    });
    expect(messages.slice(2)).toEqual([
      { role: 'tool', content: 'PDF\n[document left out]', tool_call_id: 'c', tool_name: 'Read' },
      { role: 'user', content: '[document left out]' },
    ]);
    expect(ignored).toEqual([
      'messages[2].content[0].content[1] (document)',
      'messages[2].content[1] (document)',
    ]);
  });
});

describe('a line about billing', () => {
  const billing = 'x-anthropic-billing-header: cc_version=2.1.332.29e; cc_entrypoint=sdk-cli;';

  it.each([
    [
      'a block of its own',
      [
        { type: 'text', text: billing },
        { type: 'text', text: 'Be brief.' },
      ],
    ],
    ['the first line of the system text', `${billing}\nBe brief.`],
  ])('is no text for a model: %s', (_, system) => {
    const { messages, ignored } = read({ system, messages: [user('hi')] });
    expect(messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
    expect(ignored).toEqual([]);
  });

  it('leaves no message behind', () => {
    const messages = [user('hi'), { role: 'system', content: billing }];
    expect(read({ system: billing, messages }).messages).toEqual([{ role: 'user', content: 'hi' }]);
  });
});

describe('tools', () => {
  const weather = { name: 'weather', description: 'd', input_schema: { type: 'object' } };
  const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
  const names = (tools: ReturnType<typeof read>['tools']) => tools?.map((tool) => tool.function.name);

  it('that only a server has are left out and named', () => {
    const toolset = { type: 'mcp_toolset', mcp_server_name: 'x' };
    const { tools, ignored } = read({ messages: [user('hi')], tools: [search, weather, toolset] });
    expect(names(tools)).toEqual(['weather']);
    expect(ignored).toEqual(['tools[0] (web_search_20250305)', 'tools[2] (mcp_toolset)']);
    expect(read({ messages: [user('hi')], tools: [search] }).tools).toBeUndefined();
  });

  it.each([
    [[search], { type: 'any' }],
    [[search, weather], { type: 'tool', name: 'web_search' }],
  ])('cannot be left out when a call of them is demanded: %j', (tools, tool_choice) => {
    expect(() => read({ messages: [user('hi')], tools, tool_choice })).toThrow(
      'tool_choice demands "web_search", but this server has no tool of type "web_search_20250305"',
    );
  });

  it('need names', () => {
    expect(() => read({ messages: [user('hi')], tools: [weather, { input_schema: {} }] })).toThrow(
      'tools[1]: "name" is required',
    );
  });

  const deferred = (name: string) => ({ ...weather, name, defer_loading: true });

  it('that are deferred are offered where a message refers to them, so that the prompt begins as before', () => {
    const { messages, tools } = read({
      tools: [deferred('a'), weather, deferred('b'), deferred('c')],
      messages: [
        user('hi'),
        assistant([{ type: 'tool_use', id: 'c1', name: 'ToolSearch', input: {} }]),
        user([
          {
            type: 'tool_result',
            tool_use_id: 'c1',
            content: [
              { type: 'tool_reference', tool_name: 'b' },
              { type: 'tool_reference', tool_name: 'c' },
              { type: 'tool_reference', tool_name: 'unknown' },
            ],
          },
        ]),
      ],
    });
    expect(tools?.map(({ isInMessages = false, function: { name } }) => [name, isInMessages])).toEqual([
      ['weather', false],
      ['b', true],
      ['c', true],
    ]);
    expect(messages[2]?.content).toBe(
      '<functions>\n' +
        '<function>{"description":"d","name":"b","parameters":{"type":"object"}}</function>\n' +
        '<function>{"description":"d","name":"c","parameters":{"type":"object"}}</function>\n' +
        '<function>{"name":"unknown","description":"not available"}</function>\n' +
        '</functions>',
    );
  });

  it('that messages refer to again and again are defined as long as a context could hold it', () => {
    const large = { ...weather, name: 'large', description: 'x'.repeat(1_000_000) };
    const references = Array.from({ length: 1000 }, () => ({ type: 'tool_reference', tool_name: 'large' }));
    const { messages } = read({ messages: [user('hi'), user(references)], tools: [large] });
    const lines = (messages[1]?.content ?? '').split('\n');
    expect(lines.filter((line) => line.length > 1_000_000)).toHaveLength(5);
    expect(lines.filter((line) => line === '<function>{"name":"large"}</function>')).toHaveLength(995);
  });

  it('that are deferred are all offered when the search for them is left out', () => {
    const searchTool = { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' };
    const { tools } = read({ messages: [user('hi')], tools: [searchTool, deferred('a'), weather] });
    expect(names(tools)).toEqual(['a', 'weather']);
  });

  it('come and go within a conversation', () => {
    const change = (type: string, tool: object) => ({ role: 'system', content: [{ type, tool }] });
    const reference = { type: 'tool_reference', name: 'a' };
    const definition = { name: 'later', input_schema: { type: 'object' } };
    const { messages, tools } = read({
      tools: [deferred('a'), weather],
      messages: [
        user('hi'),
        change('tool_addition', reference),
        change('tool_addition', { type: 'tool_definition', definition }),
        change('tool_removal', { ...reference, name: 'weather' }),
      ],
    });
    expect(names(tools)).toEqual(['a', 'later']);
    expect(messages.map(({ content }) => content)).toEqual([
      'hi',
      expect.stringContaining('"name":"a"'),
      expect.stringContaining('"name":"later"'),
      'The tool weather is no longer available.',
    ]);
  });
});

it('accepts what agents send beside the conversation, and names what has no effect', () => {
  const { ignored, fields, think } = read({
    messages: [user('hi')],
    mcp_servers: [{ type: 'url', url: 'https://a', name: 'tracker' }],
    context_management: { edits: [] },
    betas: ['x'],
    container: 'c',
    thinking: { type: 'adaptive', display: 'updates' },
    output_config: { effort: 'High', task_budget: { type: 'tokens', total: 5 } },
  });
  expect(think).toBe('high');
  expect(ignored).toEqual(['mcp_servers[0] (tracker)']);
  expect(fields).toEqual(['context_management', 'betas', 'container', 'output_config.task_budget']);
  const none = read({ messages: [user('hi')], mcp_servers: [], output_config: { effort: 'extreme' } });
  expect(none).toMatchObject({ ignored: ['output_config.effort'] });
});

describe('marks for the cache', () => {
  const mark = { cache_control: { type: 'ephemeral' } };
  const body = { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] };
  const native = (fields: object) =>
    nativePrompt(parseRequest(countTokensSchema, { ...body, ...fields }).request, new IgnoredParts());

  it.each([
    ['the request', mark],
    ['a system text', { system: [{ type: 'text', text: 'Be kind.', ...mark }] }],
    ['a message', { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', ...mark }] }] }],
    ['a tool', { tools: [{ name: 'f', input_schema: { type: 'object' }, ...mark }] }],
  ])('of %s are noticed, for upstreams that cannot be given them', (_, fields) => {
    expect(native(fields).hasCacheMarks).toBe(true);
    expect(native({})).not.toHaveProperty('hasCacheMarks');
  });
});
