import { describe, expect, it } from 'vitest';
import { call, content, familyBench, thinking } from '../../../test/fakes/chats/family-bench.ts';
import { type ParserFixture, proveNoDelay, proveParser } from '../../../test/fakes/chats/parser-proof.ts';
import { mistral } from './mistral.ts';

const { parserOf } = familyBench(mistral);

const one = (name: string, values = '{}') => `[TOOL_CALLS]${name}[ARGS]${values}`;

const ministral: readonly ParserFixture[] = [
  { name: 'text', output: 'Grüße, 漢字 😀 a [b] c', events: [content('Grüße, 漢字 😀 a [b] c')] },
  {
    name: 'thinking and an answer',
    output: '[THINK]Hm, é.[/THINK]\n\nYes.',
    events: [thinking('Hm, é.'), content('Yes.')],
  },
  { name: 'thinking that never ends', output: '[THINK]Hm [/THI', events: [thinking('Hm [/THI')] },
  {
    name: 'a call',
    output: one('f', '{"b": [1, {"c": "}"}], "a": "ä"}'),
    events: [call('f', { b: [1, { c: '}' }], a: 'ä' })],
  },
  {
    name: 'several calls with text around them',
    output: `A ${one('f')}${one('g', '{"a": 1}')} B`,
    events: [content('A'), call('f'), call('g', { a: 1 }), content('B')],
  },
  {
    name: 'a call after thinking',
    output: `[THINK]Hm[/THINK]${one('f')}`,
    events: [thinking('Hm'), call('f')],
  },
  {
    name: 'tags in the strings of a call',
    output: one('f', '{"a": "[TOOL_CALLS]g[ARGS]{} \\"}"}'),
    events: [call('f', { a: '[TOOL_CALLS]g[ARGS]{} "}' })],
  },
  {
    name: 'IDs of calls',
    output: '[TOOL_CALLS]f[CALL_ID]a1b2c3d4e[ARGS]{"a": 1}[TOOL_CALLS]g[CALL_ID]x[ARGS]{}',
    events: [call('f', { a: 1 }), call('g')],
  },
  {
    name: 'an incomplete call',
    output: 'A [TOOL_CALLS]f[ARGS]{"a": "x',
    events: [content('A [TOOL_CALLS]f[ARGS]{"a": "x')],
  },
  {
    name: 'an incomplete name',
    output: 'A [TOOL_CALLS]f[CALL_ID]a1',
    events: [content('A [TOOL_CALLS]f[CALL_ID]a1')],
  },
  {
    name: 'a call with broken JSON',
    output: 'A [TOOL_CALLS]f[ARGS]{"a": } B',
    events: [content('A [TOOL_CALLS]f[ARGS]{"a": } B')],
  },
  {
    name: 'a call without a name',
    output: '[TOOL_CALLS][CALL_ID]x[ARGS]{}',
    events: [content('[TOOL_CALLS][CALL_ID]x[ARGS]{}')],
  },
  {
    name: 'text that only looks like tags',
    output: 'see [TOOL] and [THINKING], [TOOL_CA',
    events: [content('see [TOOL] and [THINKING], [TOOL_CA')],
  },
];

const list = '[TOOL_CALLS] [{"name": "f", "arguments": {"b": 1, "a": "]"}}, {"name": "g", "arguments": {}}]';
const lists: readonly ParserFixture[] = [
  { name: 'text', output: 'Grüße, 漢字 😀 a [b] c', events: [content('Grüße, 漢字 😀 a [b] c')] },
  {
    name: 'several calls after a text',
    output: `A ${list}`,
    events: [content('A'), call('f', { b: 1, a: ']' }), call('g')],
  },
  {
    name: 'a list twice',
    output: list + list,
    events: [call('f', { b: 1, a: ']' }), call('g'), call('f', { b: 1, a: ']' }), call('g')],
  },
  {
    name: 'text after calls',
    output: `${list}\nDone, é.`,
    events: [call('f', { b: 1, a: ']' }), call('g'), content('Done, é.')],
  },
  {
    name: 'an incomplete call after calls',
    output: `${list}, {"name": "h`,
    events: [call('f', { b: 1, a: ']' }), call('g'), content(', {"name": "h')],
  },
  {
    name: 'the tag in a string',
    output: '[TOOL_CALLS] [{"name": "f", "arguments": {"a": "[TOOL_CALLS]"}}]',
    events: [call('f', { a: '[TOOL_CALLS]' })],
  },
  {
    name: 'an incomplete call',
    output: 'A [TOOL_CALLS] [{"name": "f", "argu',
    events: [content('A [TOOL_CALLS] [{"name": "f", "argu')],
  },
  {
    name: 'a call with broken JSON',
    output: '[TOOL_CALLS] [{"name": }]',
    events: [content('[TOOL_CALLS] [{"name": }]')],
  },
  {
    name: 'a tag without calls',
    output: 'say [TOOL_CALLS] now, [TOOL',
    events: [content('say [TOOL_CALLS] now, [TOOL')],
  },
];

proveParser('the parser ministral', parserOf('ministral'), ministral);
proveParser('the parser mistral', parserOf('mistral'), lists);
describe.each(['ministral', 'mistral'])('the parser %s', (name) => {
  proveNoDelay(parserOf(name));

  it('makes the tokens that it needs visible', () => {
    expect(parserOf(name).visibleTokens).toContain('[TOOL_CALLS]');
  });
});
