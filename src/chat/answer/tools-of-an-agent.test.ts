import { describe, expect, it } from 'vitest';
import { codingAgentTools } from '../../../test/fakes/chats/coding-agent-tools.ts';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { parserNamed } from '../families/families.ts';
import { familyReading } from '../format/family-reading.ts';
import { answerGrammar } from './answer-grammar.ts';

const tools = codingAgentTools();
const lastMessage = { role: 'user', content: 'x' };

function grammarFor(name: string) {
  const family = parserNamed(name);
  if (!family) throw new Error(`no parser ${name}`);
  const reading = familyReading(family, { tools, think: false, lastMessage });
  return answerGrammar({ tools, toolChoice: 'required', parallelCalls: true }, reading);
}

describe('the tools of a coding agent', () => {
  it('are 24 with the size of those of real agents', () => {
    expect(tools).toHaveLength(24);
    expect(JSON.stringify(tools).length).toBeGreaterThan(20_000);
  });

  it('are enforced in all details, except for a length that is too high to be counted', () => {
    const { grammar = '', leftOut } = grammarFor('qwen3');
    expect(leftOut).toEqual(['tools[14].function.parameters.properties.url.maxLength']);
    const accepts = (name: string, values: object) =>
      new Gbnf(grammar).accepts(
        `<tool_call>\n{"name": "${name}", "arguments": ${JSON.stringify(values)}}\n</tool_call>`,
      );
    expect(accepts('stop_process', { process: 'a', signal: 'KILL' })).toBe(true);
    expect(accepts('stop_process', { process: 'a', signal: 'HUP' })).toBe(false);
    expect(accepts('find_references', { path: 'a', position: { line: 3 } })).toBe(true);
    expect(accepts('find_references', { path: 'a', position: { column: 3 } })).toBe(false);
  });

  it('are enforced in the syntax of pairs as well', () => {
    const { grammar = '' } = grammarFor('qwen3-coder');
    const call = (signal: string) =>
      `<tool_call>\n<function=stop_process>\n<parameter=process>\na\n</parameter>\n<parameter=signal>\n${signal}\n</parameter>\n</function>\n</tool_call>`;
    expect(new Gbnf(grammar).accepts(call('KILL'))).toBe(true);
    expect(new Gbnf(grammar).accepts(call('HUP'))).toBe(false);
  });
});
