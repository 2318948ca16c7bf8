import { describe, expect, it } from 'vitest';
import { call, content, thinking } from '../../../../test/fakes/chats/family-bench.ts';
import { type ParserFixture, proveNoDelay, proveParser } from '../../../../test/fakes/chats/parser-proof.ts';
import { completedParser } from '../shared/completed-parser.ts';
import { qwen3 } from './qwen3.ts';

const written = (name: string, values = '{}') =>
  `<tool_call>\n{"name": "${name}", "arguments": ${values}}\n</tool_call>`;

/** Completions that begin with content. */
const answers: readonly ParserFixture[] = [
  { name: 'text', output: 'Grüße, 漢字 😀 a < b', events: [content('Grüße, 漢字 😀 a < b')] },
  {
    name: 'text around calls',
    output: `A\n${written('f', '{"b": 1, "a": "ä"}')}\nB\n${written('g')}\n\nC`,
    events: [content('A'), call('f', { b: 1, a: 'ä' }), content('B'), call('g'), content('C')],
  },
  {
    name: 'tags in the strings of a call',
    output: written('f', '{"a": "</tool_call> \\"<tool_call>"}'),
    events: [call('f', { a: '</tool_call> "<tool_call>' })],
  },
  {
    name: 'a line break inside a string',
    output: written('f', '{"a": "x\ny"}'),
    events: [call('f', { a: 'x\ny' })],
  },
  {
    name: 'a call without its closing tag',
    output: 'A <tool_call>{"name": "f", "arguments": {}}',
    events: [content('A'), call('f')],
  },
  {
    name: 'an incomplete call',
    output: 'A <tool_call>\n{"name": "f", "argu',
    events: [content('A <tool_call>\n{"name": "f", "argu')],
  },
  {
    name: 'a call with broken JSON',
    output: 'A <tool_call>{"name": "f", "arguments": {"s": 1}</tool_call> B',
    events: [content('A <tool_call>{"name": "f", "arguments": {"s": 1}</tool_call> B')],
  },
  {
    name: 'a call without a name',
    output: '<tool_call>{"arguments": {}}</tool_call>',
    events: [content('<tool_call>{"arguments": {}}</tool_call>')],
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
    output: '\n<think>\nHm\n</think>\nYes',
    events: [thinking('Hm'), content('Yes')],
  },
  {
    name: 'a call after thinking',
    output: `Hm\n</think>\n\n${written('f')}`,
    events: [thinking('Hm'), call('f')],
  },
  {
    name: 'a call that ends the thinking',
    output: `Hm\n${written('f')}`,
    events: [thinking('Hm'), call('f')],
    tools: [{ type: 'function', function: { name: 'f' } }],
  },
  {
    name: 'text that resembles the closing tag of thinking',
    output: 'a </thin> </ think> <b',
    events: [thinking('a </thin> </ think> <b')],
  },
];

const lastMessage = { role: 'user', content: 'x' };
const begun = { role: 'assistant', content: 'One,' };

for (const [name, own] of Object.entries(qwen3.parsers ?? {})) {
  const parser = completedParser(own);
  proveParser(
    `${name}, not thinking`,
    parser,
    answers.map((fixture) => ({ ...fixture, think: false, lastMessage })),
  );
  describe(name, () => proveNoDelay(parser, { think: false, lastMessage }));
  if (!parser.hasThinking) continue;
  for (const think of [undefined, true, 'low'] as const) {
    const given = think === undefined ? { lastMessage } : { lastMessage, think };
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

it('only the thinking models think', () => {
  const thinks = Object.entries(qwen3.parsers ?? {}).filter(([, { hasThinking }]) => hasThinking);
  expect(thinks.map(([name]) => name)).toEqual(['qwen3-thinking', 'qwen3-vl-thinking']);
});
