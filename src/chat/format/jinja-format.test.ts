import { describe, expect, it } from 'vitest';
import type { Message } from '../../api/common.ts';
import { ChatTemplates } from '../jinja/jinja-templates.ts';
import type { PromptInput } from './chat-format.ts';
import { JinjaFormat } from './jinja-format.ts';

/** ChatML with a default system message, as many small models have it. */
const chatml = `{% for message in messages %}{% if loop.first and message['role'] != 'system' %}{{ '<|im_start|>system\nBe kind<|im_end|>\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`;

const templates = new ChatTemplates();
const user = (content: string): Message => ({ role: 'user', content });
const render = ({ chatTemplate, ...input }: Partial<PromptInput> & { chatTemplate: string }) =>
  new JinjaFormat({ text: chatTemplate, templates, parser: undefined }).render({
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

  it('lets the model continue a beginning of the assistant', () => {
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
      '<s>weather|{"city": "Rome"}|hm|weather|true|low</s>',
    );
  });

  it('leaves tools and thinking undecided when the request does', () => {
    const chatTemplate = '{{ tools is none }} {{ enable_thinking is defined }}';
    expect(render({ chatTemplate, messages: [user('x')] })).toBe('true false');
  });
});
