import { describe } from 'vitest';
import { call, content, thinking } from '../../../../test/fakes/chats/family-bench.ts';
import { type ParserFixture, proveNoDelay, proveParser } from '../../../../test/fakes/chats/parser-proof.ts';
import type { Tool } from '../../../api/common.ts';
import { completedParser } from '../shared/completed-parser.ts';
import { qwen35 } from './qwen3-5.ts';
import { qwen3Coder } from './qwen3-coder.ts';

const properties = {
  text: { type: 'string' },
  count: { type: 'integer' },
  part: { type: 'number' },
  yes: { type: 'boolean' },
  list: { type: 'array' },
  object: { type: 'object' },
  either: { type: ['string', 'integer'] },
  maybe: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
};
const tools: Tool[] = [
  { type: 'function', function: { name: 'f', parameters: { type: 'object', properties } } },
];

function written(name: string, values: Readonly<Record<string, string>> = {}): string {
  const parameters = Object.entries(values).map(
    ([key, value]) => `<parameter=${key}>\n${value}\n</parameter>\n`,
  );
  return `<tool_call>\n<function=${name}>\n${parameters.join('')}</function>\n</tool_call>`;
}

/** A written value and the value it is read as. */
const values: readonly (readonly [key: string, text: string, value: unknown])[] = [
  ['text', '12', '12'],
  ['text', ' a\n\nb ', ' a\n\nb '],
  ['text', '<b> & </param> "é"', '<b> & </param> "é"'],
  ['text', 'null', null],
  ['count', '-7', -7],
  ['count', '1.5', '1.5'],
  ['part', '2.0', 2],
  ['part', '1e3', 1000],
  ['yes', 'True', true],
  ['yes', 'FALSE', false],
  ['yes', 'perhaps', 'perhaps'],
  ['list', '[1, "ä"]', [1, 'ä']],
  ['list', '[1', '[1'],
  ['object', '{"q": {}}', { q: {} }],
  ['object', '[1]', '[1]'],
  ['either', '5', 5],
  ['either', 'five', 'five'],
  ['maybe', 'true', true],
  ['unknown', '5', '5'],
];

const answers: readonly ParserFixture[] = [
  { name: 'text', output: 'Grüße, 漢字 😀 a < b', events: [content('Grüße, 漢字 😀 a < b')] },
  {
    name: 'text around calls',
    output: `A\n${written('f', { text: 'x', count: '1' })}\nB\n${written('g')}\n${written('g')}\nC`,
    events: [
      ...[content('A'), call('f', { text: 'x', count: 1 })],
      ...[content('B'), call('g'), call('g'), content('C')],
    ],
  },
  {
    name: 'a call on one line',
    output: '<tool_call><function=f><parameter=count>3</parameter></function></tool_call>',
    events: [call('f', { count: 3 })],
  },
  {
    name: 'tags inside a value',
    output: written('f', { text: '</tool_call> <tool_call>\n<function=g>' }),
    events: [call('f', { text: '</tool_call> <tool_call>\n<function=g>' })],
  },
  {
    name: 'an incomplete call',
    output: 'A\n<tool_call>\n<function=f>\n<parameter=text>\nx',
    events: [content('A\n<tool_call>\n<function=f>\n<parameter=text>\nx')],
  },
  {
    name: 'a call of something else',
    output: 'A <tool_call>\n<function=f>\noops\n</function>\n</tool_call> B',
    events: [content('A <tool_call>\n<function=f>\noops\n</function>\n</tool_call> B')],
  },
  {
    name: 'tags in prose',
    output: 'use <tool_call>, <function=f> and <tool',
    events: [content('use <tool_call>, <function=f> and <tool')],
  },
  ...values.map(([key, text, value]) => ({
    name: `${key}: ${JSON.stringify(text)}`,
    output: written('f', { [key]: text }),
    events: [call('f', { [key]: value })],
  })),
];

const thoughts: readonly ParserFixture[] = [
  {
    name: 'thinking and an answer',
    output: 'Hm, é.\n</think>\n\nYes.',
    events: [thinking('Hm, é.'), content('Yes.')],
  },
  {
    name: 'an opening tag that repeats the one in the prompt',
    output: '\n<think>\nHm\n</think>\nYes',
    events: [thinking('Hm'), content('Yes')],
  },
  {
    name: 'calls after thinking',
    output: `Hm\n</think>\n\nSo:\n${written('f')}\n${written('g')}`,
    events: [thinking('Hm'), content('So:'), call('f'), call('g')],
  },
  {
    name: 'a call that ends the thinking',
    output: `Hm\n${written('f')}`,
    events: [thinking('Hm'), call('f')],
  },
];

const lastMessage = { role: 'user', content: 'x' };
const begun = { role: 'assistant', content: 'One,' };

for (const [name, own] of Object.entries({ ...qwen3Coder.parsers, ...qwen35.parsers })) {
  const parser = completedParser(own);
  proveParser(
    `${name}, not thinking`,
    parser,
    answers.map((fixture) => ({ ...fixture, tools, think: false, lastMessage })),
  );
  describe(name, () => proveNoDelay(parser, { tools, think: false, lastMessage }));
  if (!parser.hasThinking) continue;
  for (const think of [undefined, true, 'low'] as const) {
    const given = think === undefined ? { lastMessage, tools } : { lastMessage, tools, think };
    proveParser(
      `${name}, thinking ${think}`,
      parser,
      thoughts.map((fixture) => ({ ...fixture, ...given })),
    );
  }
  proveParser(`${name} continuing an answer`, parser, [
    { name: 'white space first', output: ' two', events: [content(' two')], think: true, lastMessage: begun },
  ]);
}
