import { describe, expect, it } from 'vitest';
import * as known from '../../../test/fakes/chats/jinja-templates.ts';
import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { parserNamed } from '../families/families.ts';
import { ChatTemplates } from '../jinja/jinja-templates.ts';
import type { OutputEvent } from '../output/output-parser.ts';
import type { PromptInput } from './chat-format.ts';
import { jinjaFacts } from './format-facts.ts';
import { JinjaFormat } from './jinja-format.ts';
import { markedReading } from './jinja-reading.ts';
import { templateMarks } from './template-marks.ts';

/** ChatML with a default system message, as in many small models. */
const chatml = `{% for message in messages %}{% if loop.first and message['role'] != 'system' %}{{ '<|im_start|>system\nBe kind<|im_end|>\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`;

const templates = new ChatTemplates();
const user = (content: string): Message => ({ role: 'user', content });
const render = ({ chatTemplate, ...input }: Partial<PromptInput> & { chatTemplate: string }) =>
  new JinjaFormat({
    text: chatTemplate,
    templates,
    parser: undefined,
    shape: jinjaFacts(chatTemplate, templates).shape,
    simplifies: true,
  }).render({
    messages: [],
    tools: [],
    think: undefined,
    bosToken: '<s>',
    eosToken: '</s>',
    ...input,
  });

describe('JinjaFormat', () => {
  it('renders messages and the generation prompt', () => {
    expect(render({ chatTemplate: chatml, messages: [user('hi')] })).toBe(
      '<|im_start|>system\nBe kind<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('lets the model continue a message of the assistant', () => {
    const messages = [user('count'), { role: 'assistant', content: 'one, two,' }];
    expect(render({ chatTemplate: chatml, messages }).endsWith('<|im_start|>assistant\none, two,')).toBe(
      true,
    );
  });

  it('passes tools, tool calls, thinking and special tokens', () => {
    const chatTemplate =
      '{{ bos_token }}{{ tools[0].function.name }}|{{ messages[1].tool_calls[0].function.arguments | tojson }}|{{ messages[1].reasoning_content }}|{{ messages[2].name }}|{{ enable_thinking }}|{{ reasoning_effort }}{{ eos_token }}';
    const messages: Message[] = [
      user('weather?'),
      {
        role: 'assistant',
        content: '',
        thinking: 'hm',
        tool_calls: [{ function: { name: 'weather', arguments: { city: 'Rome' } } }],
      },
      { role: 'tool', content: 'sunny', tool_name: 'weather' },
    ];
    const tools = [{ type: 'function', function: { name: 'weather' } }];
    expect(render({ chatTemplate, messages, tools, think: 'low' })).toBe(
      '<s>weather|{"city": "Rome"}|hm|weather|True|low</s>',
    );
  });

  it('leaves tools and thinking undefined if the request does', () => {
    const chatTemplate = '{{ tools is none }} {{ enable_thinking is defined }}';
    expect(render({ chatTemplate, messages: [user('x')] })).toBe('True False');
  });
});

describe('a conversation that a Jinja template refuses', () => {
  const strict = known.strictTemplate;

  it('is rendered as the template can take it', () => {
    const messages: Message[] = [
      { role: 'system', content: 's1' },
      { role: 'developer', content: 'd1' },
      { role: 'assistant', content: 'a1' },
      user('u1'),
      user('u2'),
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: { x: 1 } } }] },
      { role: 'tool', content: 'r1' },
      { role: 'system', content: 's2' },
    ];
    expect(render({ chatTemplate: strict, messages })).toBe(
      '<system>s1\n\nd1</system>\n<user></user><bot>a1</bot><user>u1\n\nu2</user><bot><tool_call>\n{"name": "f", "arguments": {"x": 1}}\n</tool_call></bot><user><tool_response>\nr1\n</tool_response>\n\ns2</user><bot>',
    );
  });

  it('gets simpler when its probes did not foresee the refusal', () => {
    const chatTemplate = `{% if messages | length > 4 %}{{ raise_exception('at most four messages') }}{% endif %}${known.lenientTemplate}`;
    const messages = ['1', '2', '3', '4', '5'].map(user);
    expect(render({ chatTemplate, messages })).toContain('<|im_start|>user\n1\n\n2\n\n3\n\n4\n\n5<|im_end|>');
  });

  it('is an error with the words of the template when nothing helps', () => {
    const chatTemplate = `{% if messages[-1].content == 'no' %}{{ raise_exception('never no') }}{% endif %}${known.lenientTemplate}`;
    expect(() => render({ chatTemplate, messages: [user('no')] })).toThrow(
      expect.objectContaining({ status: 400, message: expect.stringContaining('never no') }),
    );
  });

  it('for its level of thinking is rendered without one', () => {
    const chatTemplate = `{% if reasoning_effort is defined and reasoning_effort != 'high' %}{{ raise_exception('high or nothing') }}{% endif %}${known.lenientTemplate}{{ enable_thinking }}`;
    const prompt = render({ chatTemplate, messages: [user('x')], think: 'low' });
    expect(prompt.toLowerCase().endsWith('true')).toBe(true);
  });
});

describe('tools', () => {
  const bare = { type: 'function', function: { name: 'now', parameters: { properties: { zone: {} } } } };
  const messages = [user('x')];

  it('get descriptions where the template reads them', () => {
    const chatTemplate = `{% for tool in tools or [] %}{{ tool.function.name + tool.function.description }}{% endfor %}${known.lenientTemplate}`;
    expect(render({ chatTemplate, messages, tools: [bare] })).toMatch(/^now<\|im_start\|>user/);
  });

  it('are described in the system text, with the syntax of calls, where the template fails on them', () => {
    const chatTemplate = `{# <tool_call> #}{% if tools %}{{ raise_exception('no tools') }}{% endif %}${known.lenientTemplate}`;
    const prompt = render({ chatTemplate, messages, tools: [bare] });
    expect(prompt).toMatch(/^<\|im_start\|>system\nYou may call these functions:\n\{"name": "now"/);
    expect(prompt).toContain(
      '<tool_call>\n{"name": "NAME", "arguments": {"PARAMETER": "VALUE"}}\n</tool_call>',
    );
  });

  it('that its probes did not foresee are completed, or described, as well', () => {
    const chatTemplate = `{% for tool in tools or [] %}{% if tool.function.name == 'now' %}{{ raise_exception('not this one') }}{% endif %}{% endfor %}${known.lenientTemplate}`;
    expect(render({ chatTemplate, messages, tools: [bare] })).toContain('You may call these functions');
  });

  it('are JSON in a variable of its own for a template that has it', () => {
    const chatTemplate = `{{ 'Functions: ' + functions + ' on ' + datetime }}${known.lenientTemplate}`;
    expect(render({ chatTemplate, messages, tools: [bare] })).toMatch(
      /^Functions: \[\s+\{\s+"type": "function"/,
    );
    expect(render({ chatTemplate, messages })).toMatch(/^Functions: {2}on \w+ \d+ \d{4}</);
  });
});

describe('further arguments', () => {
  it('reach the template, but do not replace what it is given', () => {
    const chatTemplate = '{{ messages[0].content }} {{ style }} {{ bos_token }} {{ documents | length }}';
    const templateArguments = { style: 'brief', bos_token: 'no', messages: [], documents: [1, 2] };
    expect(render({ chatTemplate, messages: [user('hi')], templateArguments })).toBe('hi brief <s> 2');
  });
});

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

describe('completions of models that are known only by their Jinja template', () => {
  it.each([
    ['{% if tools %}<tool_call>{% endif %}', '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>'],
    ['{% if tools %}<|tool_call_start|>{% endif %}', '<|tool_call_start|>[now()]<|tool_call_end|>'],
    ['{% if tools %}<TOOLCALL>{% endif %}', '<TOOLCALL>[{"name": "now", "arguments": {}}]</TOOLCALL>'],
    ['{% if tools %}{{ tools | tojson }}{% endif %}', '{"name": "now", "parameters": {}}'],
    ['{{ tools }}<|START_ACTION|>', '<|START_ACTION|>[{"tool_name": "now", "parameters": {}}]<|END_ACTION|>'],
  ])('contain calls in the syntax of %s', (template, output) => {
    expect(eventsOf(template, output, { think: false })).toEqual([call]);
  });

  it('contain thinking before their calls', () => {
    const template = '{% if tools %}<tool_call>{% endif %}<think>{{ x }}</think>';
    const output = 'hm</think>\n\n<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>';
    expect(eventsOf(template, `<think>${output}`, { think: true })).toEqual([thinking('hm'), call]);
    expect(eventsOf(template, output, { think: true, prompt: 'x<think>\n' })).toEqual([thinking('hm'), call]);
    expect(eventsOf(template, `<think>${output}`, { think: false })).toEqual([call]);
  });

  it('are text if the template has no marker', () => {
    expect(eventsOf('{{ messages }}', '<think>a</think> {"name": "now"}')).toEqual([
      content('<think>a</think> {"name": "now"}'),
    ]);
  });

  it('with thinking and without tools are split into thinking and content', () => {
    expect(eventsOf('<think></think>', '<think>a</think>b')).toEqual([thinking('a'), content('b')]);
  });

  it('are parsed by parsers that exist', () => {
    const marked = ['[TOOL_CALLS][ARGS]', '[TOOL_CALLS]', '<|python_tag|>', '<arg_key>', '<function_calls>'];
    for (const template of marked)
      expect(parserNamed(templateMarks(template).parser ?? ''), template).toBeDefined();
  });
});
