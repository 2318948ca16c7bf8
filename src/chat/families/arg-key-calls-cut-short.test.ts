import { describe, expect, it } from 'vitest';
import type { Tool } from '../../api/common.ts';
import { glm } from './glm/glm.ts';
import { laguna } from './laguna/laguna.ts';

const tool = (name: string, required: string[] = []): Tool => ({
  type: 'function',
  function: { name, parameters: { type: 'object', required, properties: {} } },
});
const tools = [tool('delete_file', ['path']), tool('now'), tool('now_utc')];
const pair = '<arg_key>path</arg_key><arg_value>/a</arg_value>';
const parsers = { ...glm.parsers, ...laguna.parsers };

function typesOf(name: string, output: string): string[] {
  const input = { tools, think: false, endsInThinking: false, lastMessage: undefined };
  const parser = parsers[name]?.create(input);
  if (!parser) throw new Error(`no parser ${name}`);
  return [...parser.push(output), ...parser.end()].map(({ type }) => type);
}

describe.each(Object.keys(parsers))('calls of %s whose closing tag never came', (name) => {
  it.each([
    ['cut in the name', '<tool_call>delete_fi'],
    ['with a required argument missing', '<tool_call>delete_file'],
    ['cut in a value', '<tool_call>delete_file<arg_key>path</arg_key><arg_value>/'],
    ['whose name is the beginning of another name', '<tool_call>now'],
    ['of an undeclared tool', `<tool_call>format${pair}`],
  ])('are text: %s', (_, output) => {
    expect(typesOf(name, output)).toEqual(['content']);
  });

  it.each([
    ['after its last argument', `<tool_call>delete_file${pair}`],
    ['in the closing tag', `<tool_call>delete_file${pair}</tool_`],
    ['after a name that no other name begins with', '<tool_call>now_utc'],
  ])('are calls if nothing is missing: cut %s', (_, output) => {
    expect(typesOf(name, output)).toEqual(['tool-call']);
  });
});
