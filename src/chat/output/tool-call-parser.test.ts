import { expect, it } from 'vitest';
import { proveNoDelay, proveParser } from '../../../test/fakes/chats/parser-proof.ts';
import type { ParserInput } from './output-parser.ts';
import { ToolCallParser } from './tool-call-parser.ts';

const tool = (name: string) => ({ type: 'function', function: { name } });
const tools = ['get', 'get_weather', 'add'].map(tool);
const withTag = (tag: string) => ({
  create: (input: ParserInput) => new ToolCallParser(tag, input.tools),
});
const text = (value: string) => ({ type: 'content', text: value }) as const;
const call = (name: string, values: Record<string, unknown>) =>
  ({ type: 'tool-call', call: { name, arguments: values } }) as const;

const tagged = withTag('<tool_call>');

proveParser('ToolCallParser with a tag', tagged, [
  {
    name: 'no call',
    tools,
    output: 'Hello {"name": "add"} <tool',
    events: [text('Hello {"name": "add"} <tool')],
  },
  {
    name: 'one call after text',
    tools,
    output:
      'Let me see.\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zürich", "b": 1, "a": 2}}\n</tool_call>',
    events: [text('Let me see.\n'), call('get_weather', { city: 'Zürich', b: 1, a: 2 })],
  },
  {
    name: 'two calls, each in tags, and text after them',
    tools,
    output:
      '<tool_call>{"name":"add","arguments":{"a":1}}</tool_call>\n<tool_call>{"name":"get","arguments":{}}</tool_call>\nDone.',
    events: [call('add', { a: 1 }), call('get', {}), text('Done.')],
  },
  {
    name: 'two calls inside one pair of tags',
    tools,
    output: '<tool_call>{"name":"add","arguments":{"a":1}}\n{"name":"add","parameters":{"a":2}}</tool_call>',
    events: [call('add', { a: 1 }), call('add', { a: 2 })],
  },
  {
    name: 'the name before the arguments',
    tools,
    output: '<tool_call>get_weather\n```json\n{"city": "Rome"}\n```',
    events: [call('get_weather', { city: 'Rome' })],
  },
  {
    name: 'the name after the arguments',
    tools,
    output: '<tool_call>{"city": "Rome"} get_weather',
    events: [call('get_weather', { city: 'Rome' })],
  },
  {
    name: 'the name as a key',
    tools,
    output: '<tool_call>{"get_weather": {"city": "Rome"}}</tool_call>',
    events: [call('get_weather', { city: 'Rome' })],
  },
  {
    name: 'arguments as a string of JSON',
    tools,
    output: '<tool_call>{"name":"add","arguments":"{\\"a\\": 1}"}</tool_call>',
    events: [call('add', { a: 1 })],
  },
  {
    name: 'braces and tags in strings',
    tools,
    output: '<tool_call>{"name":"add","arguments":{"a":"}{</tool_call>\\""}}</tool_call>',
    events: [call('add', { a: '}{</tool_call>"' })],
  },
  {
    name: 'a call without arguments',
    tools,
    output: '<tool_call>{"name":"get"}</tool_call>',
    events: [call('get', {})],
  },
  {
    name: 'an incomplete call is text',
    tools,
    output: 'a <tool_call>{"name":"add","arguments":{"a"',
    events: [text('a <tool_call>{"name":"add","arguments":{"a"')],
  },
  {
    name: 'a call of an unknown tool is text',
    tools,
    output: '<tool_call>{"name":"rm","arguments":{}}</tool_call>',
    events: [text('<tool_call>{"name":"rm","arguments":{}}</tool_call>')],
  },
  {
    name: 'broken JSON is text',
    tools,
    output: '<tool_call>{"name":"add" "arguments"}</tool_call>',
    events: [text('<tool_call>{"name":"add" "arguments"}</tool_call>')],
  },
]);

proveParser('ToolCallParser for lists', withTag('[TOOL_CALLS]'), [
  {
    name: 'a list of calls',
    tools,
    output: '[TOOL_CALLS] [{"name":"add","arguments":{"a":1}}, {"name":"get","arguments":{"x":[1]}}]',
    events: [call('add', { a: 1 }), call('get', { x: [1] })],
  },
]);

proveParser('ToolCallParser with JSON as the tag', withTag('{'), [
  {
    name: 'only a call',
    tools,
    output: '\n{"name": "get_weather", "parameters": {"city": "Rome"}}',
    events: [text('\n'), call('get_weather', { city: 'Rome' })],
  },
  {
    name: 'a call and text after it',
    tools,
    output: '{"name": "add", "parameters": {"a": 1}}\n\nThis adds.',
    events: [call('add', { a: 1 }), text('This adds.')],
  },
  {
    name: 'text first',
    tools,
    output: 'Use {"name": "add", "parameters": {}}',
    events: [text('Use {"name": "add", "parameters": {}}')],
  },
  { name: 'JSON that is not a call', tools, output: '{"answer": 4}', events: [text('{"answer": 4}')] },
  {
    name: 'calls one after another',
    tools,
    output: '{"name":"add","parameters":{"a":1}}; {"name":"add","parameters":{"a":2}}',
    events: [call('add', { a: 1 }), call('add', { a: 2 })],
  },
]);

proveParser('ToolCallParser with a bracket as the tag', withTag('['), [
  {
    name: 'calls in a list',
    tools,
    output: '[{"name":"add","arguments":{"a":1}},{"name":"get","arguments":{}}] ok',
    events: [call('add', { a: 1 }), call('get', {}), text('ok')],
  },
]);

proveNoDelay(tagged, { tools });

it('parses long arguments in linear time', () => {
  const parser = new ToolCallParser('<tool_call>', [{ type: 'function', function: { name: 'add' } }]);
  parser.push('<tool_call>{"name":"add","arguments":{"a":"');
  for (let index = 0; index < 20_000; index++) parser.push('some more text ');
  expect(parser.push('"}}')).toHaveLength(1);
});
