import { describe, expect, it } from 'vitest';
import type { Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { parserNamed } from '../families/families.ts';
import type { OutputEvent } from '../output/output-parser.ts';
import { markedReading } from './marked-reading.ts';
import { templateMarks } from './template-marks.ts';

const tools: Tool[] = [{ type: 'function', function: { name: 'now' } }];
const call: OutputEvent = { type: 'tool-call', call: { name: 'now', arguments: {} } };
const content = (text: string): OutputEvent => ({ type: 'content', text });
const thinking = (text: string): OutputEvent => ({ type: 'thinking', text });

function eventsOf(
  template: string,
  output: string,
  input: { think?: Think; prompt?: string } = {},
): OutputEvent[] {
  const reading = { tools, think: input.think, lastMessage: { role: 'user', content: 'x' } };
  const { parser } = markedReading(templateMarks(template), reading, input.prompt ?? '');
  return [...parser.push(output), ...parser.end()];
}

describe('completions of models known by their Jinja template only', () => {
  it.each([
    ['{% if tools %}<tool_call>{% endif %}', '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>'],
    ['{% if tools %}<|tool_call_start|>{% endif %}', '<|tool_call_start|>[now()]<|tool_call_end|>'],
    ['{% if tools %}<TOOLCALL>{% endif %}', '<TOOLCALL>[{"name": "now", "arguments": {}}]</TOOLCALL>'],
    ['{% if tools %}{{ tools | tojson }}{% endif %}', '{"name": "now", "parameters": {}}'],
    ['{{ tools }}<|START_ACTION|>', '<|START_ACTION|>[{"tool_name": "now", "parameters": {}}]<|END_ACTION|>'],
  ])('have calls in the form of %s', (template, output) => {
    expect(eventsOf(template, output, { think: false })).toEqual([call]);
  });

  it('have thinking before their calls', () => {
    const template = '{% if tools %}<tool_call>{% endif %}<think>{{ x }}</think>';
    const output = 'hm</think>\n\n<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>';
    expect(eventsOf(template, `<think>${output}`, { think: true })).toEqual([thinking('hm'), call]);
    expect(eventsOf(template, output, { think: true, prompt: 'x<think>\n' })).toEqual([thinking('hm'), call]);
    expect(eventsOf(template, `<think>${output}`, { think: false })).toEqual([call]);
  });

  it('are text where the template has no mark', () => {
    expect(eventsOf('{{ messages }}', '<think>a</think> {"name": "now"}')).toEqual([
      content('<think>a</think> {"name": "now"}'),
    ]);
  });

  it('that think and have no tools are taken apart', () => {
    expect(eventsOf('<think></think>', '<think>a</think>b')).toEqual([thinking('a'), content('b')]);
  });

  it('are read by parsers that exist', () => {
    const marked = ['[TOOL_CALLS][ARGS]', '[TOOL_CALLS]', '<|python_tag|>', '<arg_key>', '<function_calls>'];
    for (const template of marked)
      expect(parserNamed(templateMarks(template).parser ?? ''), template).toBeDefined();
  });
});
