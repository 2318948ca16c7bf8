import { describe, expect, it } from 'vitest';
import { type ParserFixture, proveNoDelay, proveParser } from '../../../../test/fakes/chats/parser-proof.ts';
import type { Message, Tool } from '../../../api/common.ts';
import type { OutputEvent } from '../../output/output-parser.ts';
import type { ParserFamily, RenderInput } from '../family.ts';
import { nemotron } from './nemotron.ts';

const content = (text: string): OutputEvent => ({ type: 'content', text });
const thinking = (text: string): OutputEvent => ({ type: 'thinking', text });
const call = (name: string, values = {}): OutputEvent => ({
  type: 'tool-call',
  call: { name, arguments: values },
});

function parserOf(name: string): ParserFamily {
  const parser = nemotron.parsers?.[name];
  if (!parser) throw new Error(`no parser ${name}`);
  return parser;
}

function prompt(name: string, input: Partial<RenderInput>): string | undefined {
  const defaults = { messages: [], tools: [], think: undefined, now: new Date(2026, 10, 23) };
  return nemotron.renderers?.[name]?.render({ ...defaults, ...input });
}

const weather: readonly Tool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather <now> & later.',
      parameters: {
        type: 'object',
        required: ['city'],
        properties: {
          city: { type: 'string', description: 'Its "name"' },
          unit: { type: ['string', 'null'], enum: ['C', 'F'] },
        },
      },
    },
  },
];
const calling: Message = {
  role: 'assistant',
  content: 'I look.',
  tool_calls: [
    {
      function: {
        name: 'get_weather',
        arguments: { unit: 'C', city: 'Zürich "x" <b>', n: [1, 2.5, null, true], o: { b: 1, a: 'ä' } },
      },
    },
    { function: { name: 'now', arguments: {} } },
  ],
};

const wide: readonly Tool[] = [
  {
    type: 'function',
    function: {
      name: 'plan',
      parameters: {
        type: 'object',
        $defs: { z: { type: 'string' }, a: [1, true] },
        properties: {
          stops: { type: 'array', items: { type: 'string' } },
          where: { anyOf: [{ type: 'string' }, { type: 'integer', description: 'Its number' }] },
          who: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, age: { type: 'integer' } },
          },
        },
      },
    },
  },
];
const written = (name: string, ...values: readonly [string, string][]) => {
  const parameters = values.map(([key, value]) => `<parameter=${key}>\n${value}\n</parameter>\n`);
  return `<tool_call>\n<function=${name}>\n${parameters.join('')}</function>\n</tool_call>`;
};
const tools: readonly Tool[] = [
  {
    type: 'function',
    function: {
      name: 'f',
      parameters: {
        type: 'object',
        properties: {
          n: { type: 'integer' },
          s: { type: 'string' },
          l: { type: 'array' },
          b: { type: 'boolean' },
        },
      },
    },
  },
];

/** Completions that begin with content. */
const answers: readonly ParserFixture[] = [
  { name: 'text', output: 'Grüße, 漢字 😀 a < b', events: [content('Grüße, 漢字 😀 a < b')] },
  {
    name: 'values typed by the schema',
    output: written('f', ['n', '3'], ['s', '3'], ['l', '[1, "ä"]'], ['b', 'True'], ['other', '1']),
    events: [call('f', { n: 3, s: '3', l: [1, 'ä'], b: true, other: '1' })],
  },
  {
    name: 'text around calls',
    output: `A\n${written('f', ['s', 'x & <b>\ny'])}\n${written('g')}\n\nB`,
    events: [content('A'), call('f', { s: 'x & <b>\ny' }), call('g'), content('B')],
  },
  {
    name: 'an incomplete call',
    output: 'A <tool_call>\n<function=f>\n<parameter=s>\nZü',
    events: [content('A <tool_call>\n<function=f>\n<parameter=s>\nZü')],
  },
  {
    name: 'a broken call',
    output: 'A <tool_call><function=f>oops</function></tool_call> B',
    events: [content('A <tool_call><function=f>oops</function></tool_call> B')],
  },
  {
    name: 'tags in prose',
    output: 'use <tool_call> tags, <tool_calls>, <tool',
    events: [content('use <tool_call> tags, <tool_calls>, <tool')],
  },
];

/** Completions that begin inside the thinking. */
const thoughts: readonly ParserFixture[] = [
  {
    name: 'thinking and an answer',
    output: 'Hm, é.\n</think>\n\nYes.',
    events: [thinking('Hm, é.'), content('Yes.')],
  },
  {
    name: 'an opening tag that repeats the one in the prompt',
    output: '\n<think>\nHm</think>Yes',
    events: [thinking('Hm'), content('Yes')],
  },
  {
    name: 'a call after thinking',
    output: `Hm</think>\n${written('f', ['n', '1'])}`,
    events: [thinking('Hm'), call('f', { n: 1 })],
  },
  {
    name: 'a call that ends the thinking',
    output: `Hm\n${written('g')}`,
    events: [thinking('Hm'), call('g')],
  },
  { name: 'thinking that never ends', output: 'Hm </thi', events: [thinking('Hm </thi')] },
  {
    name: 'an incomplete call in the thinking',
    output: 'Hm</think><tool_call>\n<function=f',
    events: [thinking('Hm'), content('<tool_call>\n<function=f')],
  },
];

for (const name of ['nemotron-3-nano', 'nemotron-3.5-nano']) {
  const given = (fixtures: readonly ParserFixture[], think: boolean) =>
    fixtures.map((fixture) => ({ ...fixture, tools, think }));
  proveParser(`the parser ${name}`, parserOf(name), [...given(answers, false), ...given(thoughts, true)]);
  describe(`the parser ${name}`, () => proveNoDelay(parserOf(name), { think: false }));
}

describe('the renderer nemotron-3-nano', () => {
  it('writes an empty conversation', () => {
    expect(prompt('nemotron-3-nano', { messages: [] })).toBe(
      ['<|im_start|>system', '<|im_end|>', '<|im_start|>assistant', '<think>', ''].join('\n'),
    );
  });

  it('writes that thinking is off', () => {
    expect(
      prompt('nemotron-3-nano', {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: ' Hi ' },
        ],
        think: false,
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'Be brief.<|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '<think></think>',
      ].join('\n'),
    );
  });

  it('obeys the last switch in the messages', () => {
    expect(
      prompt('nemotron-3-nano', {
        messages: [
          { role: 'system', content: 'You /no_think here.' },
          { role: 'user', content: 'Hi /think' },
          { role: 'assistant', content: 'Yes' },
          { role: 'user', content: 'And </think> now? /no_think' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'You  here.<|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '<think></think>Yes<|im_end|>',
        '<|im_start|>user',
        'And </think> now?<|im_end|>',
        '<|im_start|>assistant',
        '<think></think>',
      ].join('\n'),
    );
  });

  it('writes a tool', () => {
    expect(
      prompt('nemotron-3-nano', {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
        tools: weather,
      }),
    ).toBe(
      [
        '<|im_start|>system',
        'Be brief.',
        '',
        '# Tools',
        '',
        'You have access to the following functions:',
        '',
        '<tools>',
        '<function>',
        '<name>get_weather</name>',
        '<description>The weather <now> & later.</description>',
        '<parameters>',
        '<parameter>',
        '<name>city</name>',
        '<type>string</type>',
        '<description>Its "name"</description>',
        '</parameter>',
        '<parameter>',
        '<name>unit</name>',
        "<type>['string', 'null']</type>",
        '<enum>["C", "F"]</enum>',
        '</parameter>',
        '<required>["city"]</required>',
        '</parameters>',
        '</function>',
        '</tools>',
        '',
        'If you choose to call a function ONLY reply in the following format with NO suffix:',
        '',
        '<tool_call>',
        '<function=example_function_name>',
        '<parameter=example_parameter_1>',
        'value_1',
        '</parameter>',
        '<parameter=example_parameter_2>',
        'This is the value for the second parameter',
        'that can span',
        'multiple lines',
        '</parameter>',
        '</function>',
        '</tool_call>',
        '',
        '<IMPORTANT>',
        'Reminder:',
        '- Function calls MUST follow the specified format: an inner <function=...></function> block must be nested within <tool_call></tool_call> XML tags',
        '- Required parameters MUST be specified',
        '- You may provide optional reasoning for your function call in natural language BEFORE the function call, but NOT after',
        '- If there is no function call available, answer the question like normal with your current knowledge and do not tell the user about function calls',
        '</IMPORTANT><|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });

  it('writes a tool with a large schema', () => {
    expect(prompt('nemotron-3-nano', { messages: [{ role: 'user', content: 'Hi' }], tools: wide })).toBe(
      [
        '<|im_start|>system',
        '# Tools',
        '',
        'You have access to the following functions:',
        '',
        '<tools>',
        '<function>',
        '<name>plan</name>',
        '<parameters>',
        '<parameter>',
        '<name>stops</name>',
        '<type>array</type>',
        '<items>{"type": "string"}</items>',
        '</parameter>',
        '<parameter>',
        '<name>where</name>',
        '<anyOf>[{"type": "string"}, {"type": "integer", "description": "Its number"}]</anyOf>',
        '</parameter>',
        '<parameter>',
        '<name>who</name>',
        '<type>object</type>',
        '<properties>{"name": {"type": "string"}, "age": {"type": "integer"}}</properties>',
        '<required>["name"]</required>',
        '</parameter>',
        '<$defs>{"a": [1, true], "z": {"type": "string"}}</$defs>',
        '</parameters>',
        '</function>',
        '</tools>',
        '',
        'If you choose to call a function ONLY reply in the following format with NO suffix:',
        '',
        '<tool_call>',
        '<function=example_function_name>',
        '<parameter=example_parameter_1>',
        'value_1',
        '</parameter>',
        '<parameter=example_parameter_2>',
        'This is the value for the second parameter',
        'that can span',
        'multiple lines',
        '</parameter>',
        '</function>',
        '</tool_call>',
        '',
        '<IMPORTANT>',
        'Reminder:',
        '- Function calls MUST follow the specified format: an inner <function=...></function> block must be nested within <tool_call></tool_call> XML tags',
        '- Required parameters MUST be specified',
        '- You may provide optional reasoning for your function call in natural language BEFORE the function call, but NOT after',
        '- If there is no function call available, answer the question like normal with your current knowledge and do not tell the user about function calls',
        '</IMPORTANT><|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });

  it('leaves out the thinking of earlier turns', () => {
    expect(
      prompt('nemotron-3-nano', {
        messages: [
          { role: 'user', content: 'A' },
          { role: 'assistant', content: 'B', thinking: 'old' },
          { role: 'user', content: 'C' },
          { role: 'assistant', content: 'D', thinking: 'new' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        '<|im_end|>',
        '<|im_start|>user',
        'A<|im_end|>',
        '<|im_start|>assistant',
        '<think></think>',
        'B<|im_end|>',
        '<|im_start|>user',
        'C<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        'new',
        '</think>',
        'D<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });

  it('writes calls, and results that share a turn', () => {
    expect(
      prompt('nemotron-3-nano', {
        messages: [
          { role: 'user', content: 'Weather?' },
          { ...calling, thinking: 'hm' },
          { role: 'tool', content: '21 °C', tool_name: 'get_weather' },
          { role: 'tool', content: '12:00', tool_name: 'now' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        '<|im_end|>',
        '<|im_start|>user',
        'Weather?<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        'hm',
        '</think>',
        'I look.',
        '<tool_call>',
        '<function=get_weather>',
        '<parameter=unit>',
        'C',
        '</parameter>',
        '<parameter=city>',
        'Zürich "x" <b>',
        '</parameter>',
        '<parameter=n>',
        '[1, 2.5, null, true]',
        '</parameter>',
        '<parameter=o>',
        '{"a": "ä", "b": 1}',
        '</parameter>',
        '</function>',
        '</tool_call>',
        '<tool_call>',
        '<function=now>',
        '</function>',
        '</tool_call>',
        '<|im_end|>',
        '<|im_start|>user',
        '<tool_response>',
        '21 °C',
        '</tool_response>',
        '<tool_response>',
        '12:00',
        '</tool_response>',
        '<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });

  it('writes calls of earlier turns', () => {
    expect(
      prompt('nemotron-3-nano', {
        messages: [
          { role: 'user', content: 'Weather?' },
          { ...calling, thinking: 'hm' },
          { role: 'tool', content: '21 °C', tool_name: 'get_weather' },
          { role: 'tool', content: '12:00', tool_name: 'now' },
          { role: 'assistant', content: 'Warm.' },
          { role: 'user', content: 'Thanks' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        '<|im_end|>',
        '<|im_start|>user',
        'Weather?<|im_end|>',
        '<|im_start|>assistant',
        '<think></think>I look.',
        '<tool_call>',
        '<function=get_weather>',
        '<parameter=unit>',
        'C',
        '</parameter>',
        '<parameter=city>',
        'Zürich "x" <b>',
        '</parameter>',
        '<parameter=n>',
        '[1, 2.5, null, true]',
        '</parameter>',
        '<parameter=o>',
        '{"a": "ä", "b": 1}',
        '</parameter>',
        '</function>',
        '</tool_call>',
        '<tool_call>',
        '<function=now>',
        '</function>',
        '</tool_call>',
        '<|im_end|>',
        '<|im_start|>user',
        '<tool_response>',
        '21 °C',
        '</tool_response>',
        '<tool_response>',
        '12:00',
        '</tool_response>',
        '<|im_end|>',
        '<|im_start|>assistant',
        '<think></think>Warm.<|im_end|>',
        '<|im_start|>user',
        'Thanks<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });

  it('writes calls without text', () => {
    expect(
      prompt('nemotron-3-nano', {
        messages: [
          { role: 'user', content: 'Weather?' },
          { ...calling, content: '' },
          { role: 'tool', content: '21 °C', tool_name: 'get_weather' },
          { role: 'tool', content: '12:00', tool_name: 'now' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        '<|im_end|>',
        '<|im_start|>user',
        'Weather?<|im_end|>',
        '<|im_start|>assistant',
        '<think></think>',
        '<tool_call>',
        '<function=get_weather>',
        '<parameter=unit>',
        'C',
        '</parameter>',
        '<parameter=city>',
        'Zürich "x" <b>',
        '</parameter>',
        '<parameter=n>',
        '[1, 2.5, null, true]',
        '</parameter>',
        '<parameter=o>',
        '{"a": "ä", "b": 1}',
        '</parameter>',
        '</function>',
        '</tool_call>',
        '<tool_call>',
        '<function=now>',
        '</function>',
        '</tool_call>',
        '<|im_end|>',
        '<|im_start|>user',
        '<tool_response>',
        '21 °C',
        '</tool_response>',
        '<tool_response>',
        '12:00',
        '</tool_response>',
        '<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });

  it('writes images', () => {
    expect(
      prompt('nemotron-3-nano', {
        messages: [
          { role: 'user', content: 'Look', images: ['aGk=', 'aGk='] },
          { role: 'assistant', content: 'Yes' },
          { role: 'user', content: 'And [img]?', images: ['aGk='] },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        '<|im_end|>',
        '<|im_start|>user',
        '[img-0][img-1] Look<|im_end|>',
        '<|im_start|>assistant',
        '<think></think>Yes<|im_end|>',
        '<|im_start|>user',
        'And [img-2]?<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });

  it('writes a result at the start of the conversation', () => {
    expect(
      prompt('nemotron-3-nano', {
        messages: [
          { role: 'tool', content: '21 °C', tool_name: 'get_weather' },
          { role: 'user', content: 'Hi' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        '<|im_end|>',
        '<tool_response>',
        '21 °C',
        '</tool_response>',
        '<|im_end|>',
        '<|im_start|>user',
        'Hi<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });
});

describe('the renderer nemotron-3.5-nano', () => {
  it('writes medium effort into the last user message', () => {
    expect(
      prompt('nemotron-3.5-nano', {
        messages: [
          { role: 'user', content: 'A' },
          { role: 'assistant', content: 'B', thinking: 'old' },
          { role: 'user', content: 'C' },
        ],
        think: 'medium',
      }),
    ).toBe(
      [
        '<|im_start|>system',
        '<|im_end|>',
        '<|im_start|>user',
        'A<|im_end|>',
        '<|im_start|>assistant',
        '<think></think>B<|im_end|>',
        '<|im_start|>user',
        'C',
        '',
        '{reasoning effort: efficient}<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });

  it('writes switches as text', () => {
    expect(
      prompt('nemotron-3.5-nano', {
        messages: [
          { role: 'system', content: '/think' },
          { role: 'user', content: ' Hi /no_think ' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        '/think<|im_end|>',
        '<|im_start|>user',
        ' Hi /no_think <|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });

  it('writes thinking and calls', () => {
    expect(
      prompt('nemotron-3.5-nano', {
        messages: [
          { role: 'user', content: 'Weather?' },
          { ...calling, thinking: 'hm' },
          { role: 'tool', content: '21 °C', tool_name: 'get_weather' },
          { role: 'tool', content: '12:00', tool_name: 'now' },
        ],
      }),
    ).toBe(
      [
        '<|im_start|>system',
        '<|im_end|>',
        '<|im_start|>user',
        'Weather?<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        'hm</think>I look.',
        '<tool_call>',
        '<function=get_weather>',
        '<parameter=unit>',
        'C',
        '</parameter>',
        '<parameter=city>',
        'Zürich "x" <b>',
        '</parameter>',
        '<parameter=n>',
        '[1, 2.5, null, true]',
        '</parameter>',
        '<parameter=o>',
        '{"a": "ä", "b": 1}',
        '</parameter>',
        '</function>',
        '</tool_call>',
        '<tool_call>',
        '<function=now>',
        '</function>',
        '</tool_call>',
        '<|im_end|>',
        '<|im_start|>user',
        '<tool_response>',
        '21 °C',
        '</tool_response>',
        '<tool_response>',
        '12:00',
        '</tool_response>',
        '<|im_end|>',
        '<|im_start|>assistant',
        '<think>',
        '',
      ].join('\n'),
    );
  });
});
