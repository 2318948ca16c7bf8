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
import type { Tool } from '../../../api/common.ts';
import { nemotron } from './nemotron.ts';

const { parserOf, prompt } = familyBench(nemotron);

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
    output: `Hm\n${written('f')}`,
    events: [thinking('Hm'), call('f')],
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
    ).toBe(promptFixture('nemotron-3-nano/writes-a-tool'));
  });

  it('writes a tool with a large schema', () => {
    expect(prompt('nemotron-3-nano', { messages: [{ role: 'user', content: 'Hi' }], tools: wide })).toBe(
      promptFixture('nemotron-3-nano/writes-a-tool-with-a-large-schema'),
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
    ).toBe(promptFixture('nemotron-3-nano/leaves-out-the-thinking-of-earlier-turns'));
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
    ).toBe(promptFixture('nemotron-3-nano/writes-calls-and-results-that-share-a-turn'));
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
    ).toBe(promptFixture('nemotron-3-nano/writes-calls-of-earlier-turns'));
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
    ).toBe(promptFixture('nemotron-3-nano/writes-calls-without-text'));
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
    ).toBe(promptFixture('nemotron-3.5-nano/writes-medium-effort-into-the-last-user-message'));
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
    ).toBe(promptFixture('nemotron-3.5-nano/writes-thinking-and-calls'));
  });
});
