import type { TurnFormat } from './turn-template.ts';

/** A conversation format that many models share. */
export interface NamedFormat {
  readonly turns: TurnFormat;
  /** Texts that a model of this format may write after its answer. */
  readonly stop: readonly string[];
}

const sameForAll = (role: (name: string) => string, start: string): TurnFormat => ({
  system: role('system'),
  user: role('user'),
  assistant: role('assistant'),
  other: role('{{ .Role }}'),
  start,
});

/**
 * Formats by their names in Ollama, written as in the vendors' model cards. Two prompts differ from Ollama's: it ends those
 * of command-r with a second <|END_OF_TURN_TOKEN|> and those of gemma3-instruct with an empty line.
 */
export const formats: Readonly<Record<string, NamedFormat>> = {
  alfred: {
    turns: sameForAll((role) => `<start_${role}>{}<end_message>`, '<start_assistant>'),
    stop: ['<start_system>', '<end_message>', '<start_user>', '<start_assistant>'],
  },
  alpaca: {
    turns: {
      user: '### Instruction:\n{}\n\n',
      userWithSystem: '{system}\n\n### Instruction:\n{}\n\n',
      assistant: '### Response:\n{}\n\n',
      start: '### Response:\n',
    },
    stop: ['### Instruction:', '### Response'],
  },
  chatml: {
    turns: sameForAll((role) => `<|im_start|>${role}\n{}<|im_end|>\n`, '<|im_start|>assistant\n'),
    stop: ['<|im_start|>', '<|im_end|>'],
  },
  chatqa: {
    turns: {
      system: 'System: {}\n\n',
      user: 'User: {}\n\n',
      assistant: 'Assistant: {}\n\n',
      start: 'Assistant:',
    },
    stop: ['System:', 'User:', 'Assistant:', '<|begin_of_text|>'],
  },
  'codellama-70b-instruct': {
    turns: sameForAll(
      (role) => `Source: ${role}\n\n {} <step> `,
      'Source: assistant\nDestination: user\n\n ',
    ),
    stop: ['Source:', 'Destination:', '<step>'],
  },
  'command-r': {
    turns: {
      system: '<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>{}<|END_OF_TURN_TOKEN|>',
      user: '<|START_OF_TURN_TOKEN|><|USER_TOKEN|>{}<|END_OF_TURN_TOKEN|>',
      assistant: '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{}<|END_OF_TURN_TOKEN|>',
      start: '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>',
    },
    stop: ['<|START_OF_TURN_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
  },
  'falcon-instruct': {
    turns: { system: 'System: {}\n', user: 'User:\n{}\n', assistant: 'Falcon:\n{}\n', start: 'Falcon:\n' },
    stop: ['User:', 'Assistant:'],
  },
  'gemma-instruct': {
    turns: {
      user: '<start_of_turn>user\n{}<end_of_turn>\n',
      userWithSystem: '<start_of_turn>user\n{system}\n{}<end_of_turn>\n',
      assistant: '<start_of_turn>model\n{}<end_of_turn>\n',
      start: '<start_of_turn>model\n',
    },
    stop: ['<start_of_turn>', '<end_of_turn>'],
  },
  'gemma3-instruct': {
    turns: {
      user: '<start_of_turn>user\n{}<end_of_turn>\n',
      userWithSystem: '<start_of_turn>user\n{system}\n\n{}<end_of_turn>\n',
      assistant: '<start_of_turn>model\n{}<end_of_turn>\n',
      start: '<start_of_turn>model\n',
    },
    stop: ['<end_of_turn>'],
  },
  'granite-instruct': {
    turns: {
      system: 'System:\n{}\n\n',
      user: 'Question:\n{}\n\n',
      assistant: 'Answer:\n{}\n\n',
      start: 'Answer:\n',
    },
    stop: ['System:', 'Question:', 'Answer:'],
  },
  'llama2-chat': {
    turns: {
      begin: '[INST] ',
      user: '<<SYS>><</SYS>>\n\n{} [/INST]',
      userWithSystem: '<<SYS>>\n{system}\n<</SYS>>\n\n{} [/INST]',
      assistant: ' {}</s><s>[INST] ',
      start: '',
    },
    stop: ['[INST]', '[/INST]', '<<SYS>>', '<</SYS>>'],
  },
  'llama3-instruct': {
    turns: sameForAll(
      (role) => `<|start_header_id|>${role}<|end_header_id|>\n\n{}<|eot_id|>`,
      '<|start_header_id|>assistant<|end_header_id|>\n\n',
    ),
    stop: ['<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
  },
  magicoder: {
    turns: {
      user: '@@ Instruction\n{}\n\n',
      userWithSystem: '{system}\n\n@@ Instruction\n{}\n\n',
      assistant: '@@ Response\n{}\n\n',
      start: '@@ Response\n',
    },
    stop: ['@@ Instruction', '@@ Response'],
  },
  'mistral-instruct': {
    turns: {
      begin: '[INST] ',
      system: '{}\n\n',
      user: '{}[/INST]',
      assistant: ' {}</s>[INST] ',
      start: '',
    },
    stop: ['<|im_start|>', '<|im_end|>'],
  },
  openchat: {
    turns: {
      system: 'GPT4 Correct System: {}<|end_of_turn|>',
      user: 'GPT4 Correct User: {}<|end_of_turn|>',
      assistant: 'GPT4 Correct Assistant: {}<|end_of_turn|>',
      start: 'GPT4 Correct Assistant:',
    },
    stop: ['<|end_of_turn|>'],
  },
  'phi-3': {
    turns: sameForAll((role) => `<|${role}|>\n{}<|end|>\n`, '<|assistant|>\n'),
    stop: ['<|end|>', '<|system|>', '<|user|>', '<|assistant|>'],
  },
  'solar-instruct': {
    turns: {
      system: '### System:\n{}\n\n',
      user: '### User:\n{}\n\n',
      assistant: '### Assistant:\n{}</s>\n\n',
      start: '### Assistant:\n',
    },
    stop: ['### System:', '### User:', '### Assistant'],
  },
  'starcoder2-instruct': {
    turns: {
      user: '### Instruction\n{}\n\n',
      userWithSystem: '{system}\n\n### Instruction\n{}\n\n',
      assistant: '### Response\n{}<|endoftext|>\n\n',
      start: '### Response\n',
    },
    stop: ['### Instruction', '### Response', '<|endoftext|>'],
  },
  vicuna: {
    turns: {
      user: 'USER: {}\n',
      userWithSystem: '{system}\n\nUSER: {}\n',
      assistant: 'ASSISTANT: {}</s>\n',
      start: 'ASSISTANT:',
    },
    stop: ['USER:', 'ASSISTANT:'],
  },
  zephyr: {
    turns: sameForAll((role) => `<|${role}|>\n{}</s>\n`, '<|assistant|>\n'),
    stop: ['<|system|>', '</s>', '<|user|>', '<|assistant|>'],
  },
};
