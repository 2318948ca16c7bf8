import { expect, it } from 'vitest';
import { proveNoDelay, proveParser } from '../../../test/fakes/chats/parser-proof.ts';
import { ThinkingParser } from './thinking-parser.ts';

const tags = { open: '<think>', close: '</think>' };
const parser = { create: () => new ThinkingParser(tags, false) };
const inside = { create: () => new ThinkingParser(tags, true) };

const text = (value: string) => ({ type: 'content', text: value }) as const;
const thought = (value: string) => ({ type: 'thinking', text: value }) as const;

proveParser('ThinkingParser', parser, [
  { name: 'nothing', output: '', events: [] },
  { name: 'no thinking', output: '\n Hello <think>', events: [text('\n Hello <think>')] },
  { name: 'only white space', output: ' \n\t', events: [text(' \n\t')] },
  {
    name: 'thinking and an answer',
    output: ' \n<think>\n Wörld 👋 \n</think>\n\n Yes </think> <think>',
    events: [thought('Wörld 👋 \n'), text('Yes </think> <think>')],
  },
  { name: 'no thought at all', output: '<think>\n\n</think>\n\nYes', events: [text('Yes')] },
  { name: 'no answer', output: '<think>so</think>\n', events: [thought('so')] },
  { name: 'thinking that is cut off', output: '<think>so </thi', events: [thought('so </thi')] },
  { name: 'an opening tag that is cut off', output: ' <thin', events: [text(' <thin')] },
  { name: 'a tag that only looks like it', output: ' <thinking>a', events: [text(' <thinking>a')] },
  {
    name: 'text that only looks like closing tags',
    output: '<think>a</</think </thinks></think>b',
    events: [thought('a</</think </thinks>'), text('b')],
  },
  { name: 'two opening tags', output: '<think><think>a</think>b', events: [thought('<think>a'), text('b')] },
]);

proveParser('ThinkingParser inside thinking', inside, [
  { name: 'thinking and an answer', output: '\nso\n</think>\n\nYes', events: [thought('so\n'), text('Yes')] },
  {
    name: 'an opening tag is text',
    output: '<think>so</think>Yes',
    events: [thought('<think>so'), text('Yes')],
  },
  { name: 'only thinking', output: 'so', events: [thought('so')] },
]);

proveNoDelay(parser);
proveNoDelay(parser, {}, '<think>so</think>');

it('passes thinking on immediately', () => {
  const instance = parser.create();
  expect(instance.push('<think>')).toEqual([]);
  expect(instance.push('one')).toEqual([thought('one')]);
  expect(instance.push(' two<')).toEqual([thought(' two')]);
});

it('parses long white space in linear time', () => {
  const instance = parser.create();
  for (let index = 0; index < 300_000; index++) instance.push(' ');
  expect(instance.push('x')).toEqual([text(`${' '.repeat(300_000)}x`)]);
});
