import { describe, expect, it } from 'vitest';
import {
  call,
  calling,
  content,
  familyBench,
  promptFixture,
  thinking,
  weather,
} from '../../../../test/fakes/chats/family-bench.ts';
import { type ParserFixture, proveNoDelay, proveParser } from '../../../../test/fakes/chats/parser-proof.ts';
import { olmo3 } from './olmo3.ts';

const { parserOf, prompt } = familyBench(olmo3);

const answers: readonly ParserFixture[] = [
  { name: 'text', output: 'Grüße, 漢字 😀 f(a=1) < b', events: [content('Grüße, 漢字 😀 f(a=1) < b')] },
  {
    name: 'a call with every kind of value',
    output: `<function_calls>f(s="Zürich, (x)", n=-1.5, t=True, z=None, l=[1, 'a'], o={"k": false})</function_calls>`,
    events: [call('f', { s: 'Zürich, (x)', n: -1.5, t: true, z: null, l: [1, 'a'], o: { k: false } })],
  },
  {
    name: 'several calls with text around them',
    output: 'A\n<function_calls>f(b=1, a="ä")\ng()</function_calls>\nB',
    events: [content('A'), call('f', { b: 1, a: 'ä' }), call('g'), content('B')],
  },
  {
    name: 'a closing tag inside a string',
    output: '<function_calls>f(a="</function_calls>")</function_calls>',
    events: [call('f', { a: '</function_calls>' })],
  },
  {
    name: 'escapes in a string',
    output: `<function_calls>f(a='it\\'s\\n\\\\')</function_calls>`,
    events: [call('f', { a: "it's\n\\" })],
  },
  {
    name: 'a call without its closing tag',
    output: 'A <function_calls>f(a=1)',
    events: [content('A'), call('f', { a: 1 })],
  },
  {
    name: 'an incomplete call',
    output: 'A <function_calls>f(a="x',
    events: [content('A <function_calls>f(a="x')],
  },
  {
    name: 'a broken call',
    output: 'A <function_calls>f(a=]</function_calls> B',
    events: [content('A <function_calls>f(a=]</function_calls> B')],
  },
  {
    name: 'text that only looks like tags',
    output: 'see <function_call> and <functions>, <func',
    events: [content('see <function_call> and <functions>, <func')],
  },
];

const thoughts: readonly ParserFixture[] = [
  {
    name: 'thinking and an answer',
    output: 'Hm, é.\n</think>\n\nYes.',
    events: [thinking('Hm, é.'), content('Yes.')],
  },
  {
    name: 'an opening tag that repeats the one in the prompt',
    output: '<think>\nHm</think>Yes',
    events: [thinking('Hm'), content('Yes')],
  },
  { name: 'thinking that never ends', output: 'Hm </thi', events: [thinking('Hm </thi')] },
  {
    name: 'a second closing tag',
    output: 'Hm</think>a</think>b',
    events: [thinking('Hm'), content('a</think>b')],
  },
  {
    name: 'no calls',
    output: 'Hm</think><function_calls>f()</function_calls>',
    events: [thinking('Hm'), content('<function_calls>f()</function_calls>')],
  },
];

proveParser('the parser olmo3', parserOf('olmo3'), answers);
proveParser('the parser olmo3-think', parserOf('olmo3-think'), thoughts);
proveParser('the parser olmo3-think after a begun answer', parserOf('olmo3-think'), [
  {
    name: 'the rest of the answer',
    output: ' far. <b>',
    lastMessage: { role: 'assistant', content: 'So' },
    events: [content(' far. <b>')],
  },
]);
describe('the parser olmo3', () => proveNoDelay(parserOf('olmo3')));
describe('the parser olmo3-think', () => proveNoDelay(parserOf('olmo3-think'), {}, 'Hm</think>'));

describe('the renderer olmo3', () => {
  it('writes a prompt without tools', () => {
    expect(prompt('olmo3', { messages: [{ role: 'user', content: 'Hi <b>\n' }] })).toBe(
      [
        '<|im_start|>system',
        'You are a helpful function-calling AI assistant. You do not currently have access to any functions. <functions></functions><|im_end|>',
        '<|im_start|>user',
        'Hi <b>',
        '<|im_end|>',
        '<|im_start|>assistant',
        '',
      ].join('\n'),
    );
  });

  it('writes tools without a system message', () => {
    expect(prompt('olmo3', { messages: [{ role: 'user', content: 'Hi' }], tools: weather })).toBe(
      [
        '<|im_start|>system',
        'You are a helpful function-calling AI assistant. You are provided with function signatures within <functions></functions> XML tags. You may call one or more functions to assist with the user query. Output any function calls within <function_calls></function_calls> XML tags. Do not make assumptions about what values to plug into functions.<functions>[{"type": "function", "function": {"name": "get_weather", "description": "The weather \\u003cnow\\u003e \\u0026 later.", "parameters": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string", "description": "Its \\"name\\""}, "unit": {"type": ["string", "null"], "enum": ["C", "F"]}}}}}]</functions><|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '',
      ].join('\n'),
    );
  });

  it('writes a system message and tools', () => {
    expect(
      prompt('olmo3', {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
        tools: weather,
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'Be brief.<functions>[{"type": "function", "function": {"name": "get_weather", "description": "The weather \\u003cnow\\u003e \\u0026 later.", "parameters": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string", "description": "Its \\"name\\""}, "unit": {"type": ["string", "null"], "enum": ["C", "F"]}}}}}]</functions><|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '',
      ].join('\n'),
    );
  });

  it('writes only the first system message, wherever it is', () => {
    expect(
      prompt('olmo3', {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'system', content: 'One.' },
          { role: 'system', content: 'Two.' },
          { role: 'assistant', content: 'Yes' },
          { role: 'user', content: 'So' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'One.<|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        'Yes<|im_end|>',
        '<|im_start|>user',
        'So<|im_end|>',
        '<|im_start|>assistant',
        '',
      ].join('\n'),
    );
  });

  it('writes calls with sorted arguments, and their results', () => {
    expect(
      prompt('olmo3', {
        messages: [
          { role: 'user', content: 'Weather?' },
          calling,
          { role: 'tool', content: '21 °C', tool_name: 'get_weather' },
          { role: 'tool', content: '12:00', tool_name: 'now' },
        ],
      }),
    ).toBe(promptFixture('olmo3/writes-calls-with-sorted-arguments-and-their-results'));
  });

  it('writes calls at the end', () => {
    expect(
      prompt('olmo3', {
        messages: [
          { role: 'user', content: 'Weather?' },
          { ...calling, content: '' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'You are a helpful function-calling AI assistant. You do not currently have access to any functions. <functions></functions><|im_end|>',
        '<|im_start|>user',
        'Weather?<|im_end|>',
        '<|im_start|>assistant',
        '<function_calls>get_weather(city="Zürich \\"x\\" \\u003cb\\u003e", n=[1,2.5,null,true], o={"a":"ä","b":1}, unit="C")',
        'now()</function_calls><|im_end|>',
        '<|im_start|>assistant',
        '',
      ].join('\n'),
    );
  });

  it('writes an answer that has begun', () => {
    expect(
      prompt('olmo3', {
        messages: [
          { role: 'user', content: 'Count.' },
          { role: 'assistant', content: 'One, ' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'You are a helpful function-calling AI assistant. You do not currently have access to any functions. <functions></functions><|im_end|>',
        '<|im_start|>user',
        'Count.<|im_end|>',
        '<|im_start|>assistant',
        'One, ',
      ].join('\n'),
    );
  });

  it('writes an empty answer at the end', () => {
    expect(
      prompt('olmo3', {
        messages: [
          { role: 'user', content: 'Count.' },
          { role: 'assistant', content: '' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'You are a helpful function-calling AI assistant. You do not currently have access to any functions. <functions></functions><|im_end|>',
        '<|im_start|>user',
        'Count.<|im_end|>',
        '<|im_start|>assistant',
        '<|im_start|>assistant',
        '',
      ].join('\n'),
    );
  });

  it('writes an unknown role', () => {
    expect(
      prompt('olmo3', {
        messages: [
          { role: 'other', content: 'x' },
          { role: 'user', content: 'Hi' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'You are a helpful function-calling AI assistant. You do not currently have access to any functions. <functions></functions><|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '',
      ].join('\n'),
    );
  });
});

describe('the renderer olmo3.1', () => {
  it('writes a prompt without tools', () => {
    expect(prompt('olmo3.1', { messages: [{ role: 'user', content: 'Hi' }] })).toBe(
      [
        '<|im_start|>system',
        'You are Olmo, a helpful AI assistant built by Ai2. Your date cutoff is December 2024, and your model weights are available at https://huggingface.co/allenai. You do not currently have access to any functions. <functions></functions><|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '',
      ].join('\n'),
    );
  });

  it('writes tools without a system message', () => {
    expect(prompt('olmo3.1', { messages: [{ role: 'user', content: 'Hi' }], tools: weather })).toBe(
      [
        '<|im_start|>system',
        'You are Olmo, a helpful AI assistant built by Ai2. Your date cutoff is December 2024, and your model weights are available at https://huggingface.co/allenai. You are provided with function signatures within <functions></functions> XML tags. You may call one or more functions to assist with the user query. Output any function calls within <function_calls></function_calls> XML tags. Do not make assumptions about what values to plug into functions.<functions>[{"type": "function", "function": {"name": "get_weather", "description": "The weather \\u003cnow\\u003e \\u0026 later.", "parameters": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string", "description": "Its \\"name\\""}, "unit": {"type": ["string", "null"], "enum": ["C", "F"]}}}}}]</functions><|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '',
      ].join('\n'),
    );
  });
});

describe('the renderer olmo3-think', () => {
  it('writes a prompt without a system message', () => {
    expect(
      prompt('olmo3-think', { messages: [{ role: 'user', content: 'Hi' }], tools: weather, think: false }),
    ).toBe(
      [
        '<|im_start|>system',
        'You are Olmo, a helpful AI assistant built by Ai2. Your date cutoff is December 2024, and your model weights are available at https://huggingface.co/allenai.<|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
      ].join('\n'),
    );
  });

  it('writes a system message', () => {
    expect(
      prompt('olmo3-think', {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Yes', thinking: 'hm' },
          { role: 'user', content: 'So' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'Be brief. You do not currently have access to any functions. <functions></functions><|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        'Yes<|im_end|>',
        '<|im_start|>user',
        'So<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
      ].join('\n'),
    );
  });

  it('leaves out results of tools', () => {
    expect(
      prompt('olmo3-think', {
        messages: [
          { role: 'user', content: 'Weather?' },
          calling,
          { role: 'tool', content: '21 °C', tool_name: 'get_weather' },
          { role: 'tool', content: '12:00', tool_name: 'now' },
          { role: 'user', content: 'So' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'You are Olmo, a helpful AI assistant built by Ai2. Your date cutoff is December 2024, and your model weights are available at https://huggingface.co/allenai.<|im_end|>',
        '<|im_start|>user',
        'Weather?<|im_end|>',
        '<|im_start|>assistant',
        'I look.<|im_end|>',
        '<|im_start|>user',
        'So<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
      ].join('\n'),
    );
  });

  it('writes an answer that has begun', () => {
    expect(
      prompt('olmo3-think', {
        messages: [
          { role: 'user', content: 'Count.' },
          { role: 'assistant', content: 'One, ' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'You are Olmo, a helpful AI assistant built by Ai2. Your date cutoff is December 2024, and your model weights are available at https://huggingface.co/allenai.<|im_end|>',
        '<|im_start|>user',
        'Count.<|im_end|>',
        '<|im_start|>assistant',
        'One, <|im_end|>',
        '<|im_start|>assistant',
        '<think>',
      ].join('\n'),
    );
  });
});

describe('the renderer olmo3-32b-think', () => {
  it('writes a prompt without a system message', () => {
    expect(prompt('olmo3-32b-think', { messages: [{ role: 'user', content: 'Hi' }] })).toBe(
      [
        '<|im_start|>system',
        'You are a helpful AI assistant.<|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
      ].join('\n'),
    );
  });

  it('writes a system message', () => {
    expect(
      prompt('olmo3-32b-think', {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'Be brief. You do not currently have access to any functions. <functions></functions><|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
      ].join('\n'),
    );
  });
});
