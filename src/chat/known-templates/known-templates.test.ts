import { describe, expect, it } from 'vitest';
import type { Message } from '../../api/common.ts';
import { GoChatTemplate } from '../go-template/go-chat-template.ts';
import { libraryTemplateFor } from './known-templates.ts';
import { recogniseFormat } from './recognise.ts';
import { formats } from './turn-formats.ts';
import { turnTemplate } from './turn-template.ts';

const conversation: Message[] = [
  { role: 'system', content: 'S' },
  { role: 'user', content: 'U' },
  { role: 'assistant', content: 'A' },
  { role: 'user', content: 'V' },
];

const headed = (role: string, content: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n${content}`;

/** The prompt of the conversation in each format. */
const prompts: Readonly<Record<string, string>> = {
  alfred:
    '<start_system>S<end_message><start_user>U<end_message><start_assistant>A<end_message><start_user>V<end_message><start_assistant>',
  alpaca: 'S\n\n### Instruction:\nU\n\n### Response:\nA\n\n### Instruction:\nV\n\n### Response:\n',
  chatml:
    '<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n<|im_start|>user\nV<|im_end|>\n<|im_start|>assistant\n',
  chatqa: 'System: S\n\nUser: U\n\nAssistant: A\n\nUser: V\n\nAssistant:',
  'codellama-70b-instruct':
    'Source: system\n\n S <step> Source: user\n\n U <step> Source: assistant\n\n A <step> Source: user\n\n V <step> Source: assistant\nDestination: user\n\n ',
  'command-r':
    '<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>S<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>U<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>A<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>V<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>',
  'falcon-instruct': 'System: S\nUser:\nU\nFalcon:\nA\nUser:\nV\nFalcon:\n',
  'gemma-instruct':
    '<start_of_turn>user\nS\nU<end_of_turn>\n<start_of_turn>model\nA<end_of_turn>\n<start_of_turn>user\nV<end_of_turn>\n<start_of_turn>model\n',
  'gemma3-instruct':
    '<start_of_turn>user\nS\n\nU<end_of_turn>\n<start_of_turn>model\nA<end_of_turn>\n<start_of_turn>user\nV<end_of_turn>\n<start_of_turn>model\n',
  'granite-instruct': 'System:\nS\n\nQuestion:\nU\n\nAnswer:\nA\n\nQuestion:\nV\n\nAnswer:\n',
  'llama2-chat': '[INST] <<SYS>>\nS\n<</SYS>>\n\nU [/INST] A</s><s>[INST] <<SYS>><</SYS>>\n\nV [/INST]',
  'llama3-instruct': [
    headed('system', 'S<|eot_id|>'),
    headed('user', 'U<|eot_id|>'),
    headed('assistant', 'A<|eot_id|>'),
    headed('user', 'V<|eot_id|>'),
    headed('assistant', ''),
  ].join(''),
  magicoder: 'S\n\n@@ Instruction\nU\n\n@@ Response\nA\n\n@@ Instruction\nV\n\n@@ Response\n',
  'mistral-instruct': '[INST] S\n\nU[/INST] A</s>[INST] V[/INST]',
  openchat:
    'GPT4 Correct System: S<|end_of_turn|>GPT4 Correct User: U<|end_of_turn|>GPT4 Correct Assistant: A<|end_of_turn|>GPT4 Correct User: V<|end_of_turn|>GPT4 Correct Assistant:',
  'phi-3':
    '<|system|>\nS<|end|>\n<|user|>\nU<|end|>\n<|assistant|>\nA<|end|>\n<|user|>\nV<|end|>\n<|assistant|>\n',
  'solar-instruct':
    '### System:\nS\n\n### User:\nU\n\n### Assistant:\nA</s>\n\n### User:\nV\n\n### Assistant:\n',
  'starcoder2-instruct':
    'S\n\n### Instruction\nU\n\n### Response\nA<|endoftext|>\n\n### Instruction\nV\n\n### Response\n',
  vicuna: 'S\n\nUSER: U\nASSISTANT: A</s>\nUSER: V\nASSISTANT:',
  zephyr: '<|system|>\nS</s>\n<|user|>\nU</s>\n<|assistant|>\nA</s>\n<|user|>\nV</s>\n<|assistant|>\n',
};

describe.each(Object.entries(formats))('the format %s', (name, { turns, stop }) => {
  it('writes turns as its models expect them', () => {
    const template = new GoChatTemplate(turnTemplate(turns));
    expect(template.render({ messages: conversation, tools: [], think: undefined })).toBe(prompts[name]);
  });

  it('stops at texts that begin or end a turn', () => {
    expect(stop.length).toBeGreaterThan(0);
    for (const text of stop) expect(text.trim()).toBe(text);
  });
});

it('keeps turns of other roles if the format names the role', () => {
  const messages: Message[] = [
    { role: 'user', content: 'U' },
    { role: 'tool', content: 'T' },
  ];
  const render = (name: string) =>
    new GoChatTemplate(turnTemplate(formats[name]?.turns ?? { user: '', assistant: '', start: '' })).render({
      messages,
      tools: [],
      think: undefined,
    });
  expect(render('chatml')).toContain('U<|im_end|>\n<|im_start|>tool\nT<|im_end|>\n<|im_start|>assistant\n');
  expect(render('alfred')).toContain('<start_tool>T<end_message>');
});

describe('a Jinja template', () => {
  /** A loop that writes the text, in a template of this many characters. */
  const jinja = (text: string, length: number) => {
    const loop = `{% for message in messages %}{{ ${text} + message['content'] }}{% endfor %}`;
    return `${loop}{# ${'-'.repeat(length - loop.length - 6)} #}`;
  };
  const llama31 = "'<|start_header_id|>' + role + '<|eot_id|><|python_tag|>26 Jul 2024' + tools";

  it.each([
    ['alfred', "'<start_user>' + '<start_assistant>'", 500],
    ['alpaca', "'### Instruction:' + '### Response:'", 1000],
    ['chatml', "'<|im_start|>' + message['role'] + '<|im_end|>'", 300],
    ['chatml', "'<|im_start|>You are DBRX<|im_end|>'", 1800],
    ['chatqa', "'User: ' + 'Assistant:'", 500],
    ['codellama-70b-instruct', "'Source: ' + ' <step> '", 500],
    ['command-r', "'<|START_OF_TURN_TOKEN|>' + '<|CHATBOT_TOKEN|>'", 1200],
    ['falcon-instruct', "'User: ' + 'Falcon:'", 350],
    ['gemma-instruct', "'<start_of_turn>' + message['role']", 600],
    ['gemma3-instruct', "'<start_of_turn>' + '<start_of_image>'", 1500],
    ['granite-instruct', "'Question:' + 'Answer:'", 400],
    ['llama2-chat', "'[INST] <<SYS>>' + ' [/INST]'", 800],
    ['llama3-instruct', "'<|start_header_id|>' + message['role'] + '<|eot_id|>'", 400],
    ['llama3-instruct', llama31, 4600],
    ['magicoder', "'@@ Instruction' + '@@ Response'", 600],
    ['mistral-instruct', "'[INST] ' + ' [/INST]'", 450],
    ['openchat', "'GPT4 Correct ' + '<|end_of_turn|>'", 200],
    ['phi-3', "'<|user|>' + '<|end|>' + '<|assistant|>'", 250],
    ['solar-instruct', "'### System:' + '### User:' + '### Assistant:'", 400],
    ['starcoder2-instruct', "'### Instruction' + '### Response'", 600],
    ['zephyr', "'<|user|>' + eos_token + '<|assistant|>'", 350],
  ])('of the format %s is recognized: %s', (name, text, length) => {
    expect(recogniseFormat(jinja(text, length))).toBe(name);
    expect(libraryTemplateFor(jinja(text, length))).toMatchObject({ name, stop: formats[name]?.stop });
  });

  it.each([
    ['with tools', "'<|im_start|><|im_end|>' + tools", 300],
    ['with thinking', "'<|im_start|><|im_end|><think>'", 300],
    ['with much more', "'<|im_start|><|im_end|>'", 3000],
    ['of Phi 4', "'<|im_start|>user<|im_sep|><|im_end|>'", 300],
    ['of Mistral with a system turn', "'[SYSTEM_PROMPT][INST][/INST]'", 450],
    ['of GLM', "'[gMASK]<|user|><|assistant|>' + eos_token", 350],
    ['of Llama 3.2', `${llama31} + strftime_now('%d %b %Y')`, 4600],
    ['of a tool model derived from Llama 3', llama31, 3300],
    ['of an unknown format', "'<|turn|>'", 300],
  ])('%s is not recognized', (_, text, length) => {
    expect(libraryTemplateFor(jinja(text, length))).toBeUndefined();
  });
});
