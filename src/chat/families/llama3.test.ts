import { describe, expect, it } from 'vitest';
import { call, content, familyBench } from '../../../test/fakes/chats/family-bench.ts';
import { type ParserFixture, proveNoDelay, proveParser } from '../../../test/fakes/chats/parser-proof.ts';
import type { Tool } from '../../api/common.ts';
import { llama3 } from './llama3.ts';

const { parserOf } = familyBench(llama3);

const tools: readonly Tool[] = ['f', 'g'].map((name) => ({ type: 'function', function: { name } }));
const PYTHON = '<|python_tag|>';
const one = (name: string, values = '{}') => `{"name": "${name}", "parameters": ${values}}`;

const fixtures: readonly ParserFixture[] = [
  { name: 'text', output: 'Grüße, 漢字 😀 {"a": 1}', events: [content('Grüße, 漢字 😀 {"a": 1}')] },
  { name: 'a call', output: one('f', '{"b": 1, "a": "ä}"}'), events: [call('f', { b: 1, a: 'ä}' })] },
  { name: 'a call after the tag', output: PYTHON + one('f', '{"a": 1}'), events: [call('f', { a: 1 })] },
  {
    name: 'several calls after the tag',
    output: `${PYTHON}${one('f')}; ${one('g', '{"a": 1}')};`,
    events: [call('f'), call('g', { a: 1 })],
  },
  { name: 'a call, then text', output: `${one('f')} Done.`, events: [call('f'), content(' Done.')] },
  {
    name: 'an incomplete call',
    output: `${PYTHON}{"name": "f", "par`,
    events: [content('{"name": "f", "par')],
  },
  {
    name: 'an incomplete call after a call',
    output: `${one('f')}; {"name": "g`,
    events: [call('f'), content('; {"name": "g')],
  },
  {
    name: 'a broken call',
    output: '{"name": "f", "parameters": }',
    events: [content('{"name": "f", "parameters": }')],
  },
  { name: 'a call of an unknown tool', output: one('h'), events: [content(one('h'))] },
  { name: 'code after the tag', output: `${PYTHON}print(1)`, events: [content('print(1)')] },
  { name: 'a call inside a text', output: `So: ${one('f')}`, events: [content(`So: ${one('f')}`)] },
  { name: 'text that may become the tag', output: '<|python', events: [content('<|python')] },
].map((fixture) => ({ ...fixture, tools }));

const parser = parserOf('llama3');
proveParser('the parser llama3', parser, fixtures);
proveParser('the parser llama3 without tools', parser, [
  { name: 'JSON', output: one('f'), events: [content(one('f'))] },
]);
describe('the parser llama3', () => {
  proveNoDelay(parser, { tools });

  it('makes the tag visible', () => expect(parser.visibleTokens).toEqual([PYTHON]));
});
