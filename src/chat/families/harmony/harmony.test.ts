import { describe, expect, it } from 'vitest';
import { call, content, familyBench, thinking } from '../../../../test/fakes/chats/family-bench.ts';
import { type ParserFixture, proveNoDelay, proveParser } from '../../../../test/fakes/chats/parser-proof.ts';
import type { Tool } from '../../../api/common.ts';
import { harmony } from './harmony.ts';

const { parserOf } = familyBench(harmony);

const tool = (name: string): Tool => ({ type: 'function', function: { name } });
const tools = ['get weather', 'get-weather', '3d', 'browser.search', 'ä!', '!!'].map(tool);
const commentary = (name: string, values: string) =>
  `<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>${values}`;
const analysis = (text: string) => `<|channel|>analysis<|message|>${text}<|end|><|start|>assistant`;
const FINAL = '<|channel|>final<|message|>';

const fixtures: readonly ParserFixture[] = [
  { name: 'text', output: `${FINAL}Grüße, 漢字 😀 a <| b`, events: [content('Grüße, 漢字 😀 a <| b')] },
  { name: 'text that does not follow the format', output: 'Hello <b>', events: [content('Hello <b>')] },
  {
    name: 'thinking and an answer',
    output: `${analysis('Hm, é.')}${FINAL}Yes.`,
    events: [thinking('Hm, é.'), content('Yes.')],
  },
  {
    name: 'a final answer in a constrained format',
    output: '<|channel|>final <|constrain|>json<|message|>{"a": 1}',
    events: [content('{"a": 1}')],
  },
  {
    name: 'thinking that never ends',
    output: '<|channel|>analysis<|message|>Hm <|en',
    events: [thinking('Hm <|en')],
  },
  {
    name: 'a recipient after the channel',
    output: commentary('f', '{"a": "ä"}'),
    events: [call('f', { a: 'ä' })],
  },
  {
    name: 'a recipient before the channel',
    output: ' to=functions.f<|channel|>commentary json<|message|>{}',
    events: [call('f')],
  },
  {
    name: 'no space before the constraint',
    output: '<|channel|>commentary to=functions.f<|constrain|>json<|message|>{}',
    events: [call('f')],
  },
  {
    name: 'a call in the analysis channel',
    output: '<|channel|>analysis to=browser.search code<|message|>{"q": 1}',
    events: [call('browser.search', { q: 1 })],
  },
  {
    name: 'a preamble, then a call',
    output: `<|channel|>commentary<|message|>I look.<|end|><|start|>assistant${commentary('f', '{}')}<|call|>`,
    events: [content('I look.'), call('f')],
  },
  {
    name: 'several calls after thinking',
    output: `${analysis('Hm')}${commentary('f', '{"b": 1, "a": 2}')}<|call|><|start|>assistant${commentary('g', '{}')}<|call|>`,
    events: [thinking('Hm'), call('f', { b: 1, a: 2 }), call('g')],
  },
  {
    name: 'tags in the strings of a call',
    output: `${commentary('f', '{"a": "<|end|> <|call|>"}')}<|call|>`,
    events: [call('f', { a: '<|end|> <|call|>' })],
  },
  {
    name: 'an incomplete call',
    output: commentary('f', '{"a": "x'),
    events: [content(commentary('f', '{"a": "x'))],
  },
  {
    name: 'an incomplete header',
    output: `${analysis('Hm')}<|channel|>fin`,
    events: [thinking('Hm'), content('<|start|>assistant<|channel|>fin')],
  },
  {
    name: 'a call with broken JSON',
    output: `${commentary('f', '{"a": }')}<|call|>`,
    events: [content(`${commentary('f', '{"a": }')}<|call|>`)],
  },
  {
    name: 'renamed tools, with the names in the request',
    output: ['get_weather', 'get_weather_2', '_3d', 'ä', 'unnamed']
      .map((name) => commentary(name, '{}'))
      .join('<|call|><|start|>assistant'),
    events: ['get weather', 'get-weather', '3d', 'ä!', '!!'].map((name) => call(name)),
  },
].map((fixture) => ({ ...fixture, tools }));

const begun: readonly ParserFixture[] = [
  {
    name: 'of an answer',
    output: ' far.',
    lastMessage: { role: 'assistant', content: 'So' },
    events: [content(' far.')],
  },
  {
    name: 'of thinking',
    output: ` more<|end|><|start|>assistant${FINAL}Yes`,
    lastMessage: { role: 'assistant', content: '', thinking: 'Hm' },
    events: [thinking(' more'), content('Yes')],
  },
];

const parser = parserOf('harmony');
proveParser('the parser harmony', parser, fixtures);
proveParser('the parser harmony in other cases', parser, begun);
proveParser('the parser harmony with thinking off', parser, [
  {
    name: 'thinking that is left out',
    think: false,
    output: `${analysis('Hm')}${FINAL}Yes.`,
    events: [content('Yes.')],
  },
]);
describe('the parser harmony', () => {
  proveNoDelay(parser, {}, FINAL);

  it('gives tools names that the format allows in prompts', () => {
    expect(parser.promptTools?.(tools).map((one) => one.function.name)).toEqual([
      'get_weather',
      'get_weather_2',
      '_3d',
      'browser.search',
      'ä',
      'unnamed',
    ]);
  });

  it('has three levels of thinking', () => {
    expect((['low', 'high', 'max', false] as const).map((think) => parser.promptThink?.(think))).toEqual([
      'low',
      'high',
      'high',
      false,
    ]);
  });
});
