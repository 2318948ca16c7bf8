import { describe } from 'vitest';
import { call, content, thinking } from '../../../../test/fakes/chats/family-bench.ts';
import { type ParserFixture, proveNoDelay, proveParser } from '../../../../test/fakes/chats/parser-proof.ts';
import type { Tool } from '../../../api/common.ts';
import { deepSeek } from './deepseek.ts';
import { CALL_END, CALL_START, CALLS_END, CALLS_START, SEPARATOR } from './markup.ts';

const tools: Tool[] = [{ type: 'function', function: { name: 'f' } }];

type Writes = (name: string, values?: string) => string;

const plain: Writes = (name, values = '{}') => `${CALL_START}${name}${SEPARATOR}${values}${CALL_END}`;
const fenced: Writes = (name, values = '{}') =>
  `${CALL_START}function${SEPARATOR}${name}\n\`\`\`json\n${values}\n\`\`\`${CALL_END}`;
const section = (...calls: readonly string[]) => CALLS_START + calls.join('') + CALLS_END;

const answers = (written: Writes): ParserFixture[] => {
  const broken = written('f', '{"s": }');
  return [
    { name: 'text', output: 'Grüße, 漢字 😀 a < b', events: [content('Grüße, 漢字 😀 a < b')] },
    {
      name: 'text around calls',
      output: `A\n${section(written('f', '{"b": 1, "a": "ä"}'), '\n', written('g'))}\nB`,
      events: [content('A'), call('f', { b: 1, a: 'ä' }), call('g'), content('B')],
    },
    {
      name: 'tags in the strings of a call',
      output: section(written('f', `{"a": "${CALL_END}${CALLS_END}"}`)),
      events: [call('f', { a: CALL_END + CALLS_END })],
    },
    {
      name: 'a section of calls without an end',
      output: `A${CALLS_START}${written('f')}`,
      events: [content('A'), call('f')],
    },
    {
      name: 'an incomplete call',
      output: `A${CALLS_START}${written('f', '{"s": "x').slice(0, -CALL_END.length)}`,
      events: [content(`A${written('f', '{"s": "x').slice(0, -CALL_END.length)}`)],
    },
    {
      name: 'a call with broken JSON, and one after it',
      output: `A${section(broken, written('g'))}B`,
      events: [content(`A${broken}`), call('g'), content('B')],
    },
    {
      name: 'a section without calls',
      output: `A${section('nothing')}B`,
      events: [content('AnothingB')],
    },
    {
      name: 'text that resembles a tag',
      output: 'a <｜tool x｜> and <｜tool▁calls',
      events: [content('a <｜tool x｜> and <｜tool▁calls')],
    },
  ];
};

const thoughts: readonly ParserFixture[] = [
  {
    name: 'thinking and an answer',
    output: 'Hm, é.\n</think>\n\nYes.',
    events: [thinking('Hm, é.'), content('Yes.')],
  },
  {
    name: 'an opening tag that repeats the one in the prompt',
    output: '<think>\nHm\n</think>\nYes',
    events: [thinking('Hm'), content('Yes')],
  },
  {
    name: 'text that resembles the closing tag of thinking',
    output: 'a </thin> b <',
    events: [thinking('a </thin> b <')],
  },
];

const lastMessage = { role: 'user', content: 'x' };
const begun = { role: 'assistant', content: 'One,' };

for (const [name, parser] of Object.entries(deepSeek.parsers ?? {})) {
  for (const [form, written] of Object.entries({ plain, fenced })) {
    proveParser(
      `${name}, ${form} calls`,
      parser,
      answers(written).map((fixture) => ({ ...fixture, tools, think: false, lastMessage })),
    );
  }
  describe(name, () => proveNoDelay(parser, { tools, think: false, lastMessage }));
  proveParser(
    `${name}, thinking`,
    parser,
    thoughts.map((fixture) => ({ ...fixture, think: true, lastMessage })),
  );
  proveParser(`${name} continuing an answer`, parser, [
    { name: 'unasked', output: ' two', events: [content(' two')], lastMessage: begun },
    {
      name: 'thinking that was requested',
      output: '\ntwo',
      events: [content('\ntwo')],
      think: true,
      lastMessage: begun,
    },
    { name: 'with tools', output: ' two', events: [content(' two')], tools, lastMessage: begun },
  ]);
}

proveParser('deepseek3 thinking with tools', deepSeek.parsers?.deepseek3 ?? neverThere(), [
  {
    name: 'a call after thinking',
    output: `Hm\n</think>\n\n${section(plain('f'))}`,
    events: [thinking('Hm'), call('f')],
    ...{ tools, think: true, lastMessage },
  },
]);

proveParser('cogito with tools', deepSeek.parsers?.cogito ?? neverThere(), [
  {
    name: 'begins with its answer although asked to think',
    output: `So:${section(fenced('f'))}`,
    events: [content('So:'), call('f')],
    ...{ tools, think: true, lastMessage },
  },
]);

function neverThere(): never {
  throw new Error('no such parser');
}
