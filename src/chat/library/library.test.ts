import { describe, expect, it } from 'vitest';
import type { Message } from '../../api/common.ts';
import { GoChatTemplate } from '../go-template/go-chat-template.ts';
import { formats } from './formats.ts';
import { libraryTemplateFor } from './library.ts';
import { recogniseFormat } from './recognise.ts';
import { turnTemplate } from './turn-template.ts';

const conversation: Message[] = [
  { role: 'system', content: 'S' },
  { role: 'user', content: 'U' },
  { role: 'assistant', content: 'A' },
  { role: 'user', content: 'V' },
];

const headed = (role: string, content: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n${content}`;

/** The prompt of that conversation in each format, as Ollama's own templates write it. */
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
  it('writes turns as its models know them', () => {
    const template = new GoChatTemplate(turnTemplate(turns));
    expect(template.render({ messages: conversation, tools: [], think: undefined })).toBe(prompts[name]);
  });

  it('stops at what begins or ends a turn', () => {
    expect(stop.length).toBeGreaterThan(0);
    for (const text of stop) expect(text.trim()).toBe(text);
  });
});

describe('a Jinja template', () => {
  const turns = (text: string) => `{% for m in messages %}{{ ${text} }}{% endfor %}`;

  it.each([
    [turns("'<|im_start|>' + m.role"), 'chatml'],
    [turns("'<|start_header_id|>' + m.role"), 'llama3-instruct'],
    [turns("'[INST] <<SYS>>' + m.content"), 'llama2-chat'],
    [turns("'[INST] ' + m.content"), 'mistral-instruct'],
    [turns("'<start_of_turn>' + m.role"), 'gemma-instruct'],
    [turns("'<|user|>' + m.content + '<|end|>'"), 'phi-3'],
    [turns("'<|user|>' + m.content + eos_token"), 'zephyr'],
    [turns("'### Instruction:' + m.content"), 'alpaca'],
  ])('of a shared format is known: %s', (jinja, name) => {
    expect(recogniseFormat(jinja)).toBe(name);
    expect(libraryTemplateFor(jinja)).toMatchObject({ name, stop: formats[name]?.stop });
  });

  it.each([
    turns("'<|im_start|>' + m.role + tools"),
    turns("'<|im_start|>' + m.role + '<think>'"),
    turns("'<|im_start|>' + m.role") + ' '.repeat(3000),
    turns("'<|turn|>' + m.role"),
    '',
  ])('that does more, or other things, is not', (jinja) => {
    expect(libraryTemplateFor(jinja)).toBeUndefined();
  });
});
