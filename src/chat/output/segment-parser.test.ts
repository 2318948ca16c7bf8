import { expect, it } from 'vitest';
import { proveNoDelay, proveParser } from '../../../test/fakes/chats/parser-proof.ts';
import type { Segment } from './segment.ts';
import { SegmentParser } from './segment-parser.ts';

/** `<t>…</t>` is thinking, `<c>name|json</c>` a call, `<c>>` a longer tag that begins like it. */
const content: Segment = {
  kind: 'content',
  trimsStart: true,
  trimsEnd: true,
  exits: [
    { tag: '<t>', leave: () => ({ next: thinking }) },
    { tag: '<c>', leave: () => ({ next: name }) },
    { tag: '<c>>', leave: () => ({ next: content, events: [{ type: 'content', text: '!' }] }) },
  ],
};
const thinking: Segment = {
  kind: 'thinking',
  trimsStart: true,
  trimsEnd: true,
  exits: [{ tag: '</t>', leave: () => ({ next: content }) }],
};
const name: Segment = { kind: 'body', exits: [{ tag: '|', leave: (body) => ({ next: call(body) }) }] };
const call = (callName: string): Segment => ({
  kind: 'body',
  exits: [
    {
      tag: '</c>',
      leave: (body) => {
        const parsed = parse(body);
        return parsed && { next: content, events: [toolCall(callName, parsed)] };
      },
    },
  ],
});

function parse(body: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const toolCall = (callName: string, parsed: Record<string, unknown>) =>
  ({ type: 'tool-call', call: { name: callName, arguments: parsed } }) as const;
const text = (value: string) => ({ type: 'content', text: value }) as const;
const thought = (value: string) => ({ type: 'thinking', text: value }) as const;

const parser = { create: () => new SegmentParser(content) };

proveParser('SegmentParser', parser, [
  { name: 'plain text', output: 'Hello, wörld 👋 ', events: [text('Hello, wörld 👋 ')] },
  { name: 'nothing', output: '', events: [] },
  {
    name: 'thinking, then text, white space between them dropped',
    output: ' <t>\n so \n</t>\n\n yes \n',
    events: [thought('so'), text('yes \n')],
  },
  {
    name: 'text that only looked like tags',
    output: 'a < b <t b </t> <',
    events: [text('a < b <t b </t> <')],
  },
  {
    name: 'two calls between texts',
    output: 'x <c>f|{"b":1,"a":2}</c>\n<c>g|{}</c> y',
    events: [text('x'), toolCall('f', { b: 1, a: 2 }), toolCall('g', {}), text('y')],
  },
  {
    name: 'an exit inside a string',
    output: '<c>f|{"a":"</c>"}</c>',
    events: [toolCall('f', { a: '</c>' })],
  },
  { name: 'an incomplete call is text', output: 'a <c>f|{"a":', events: [text('a <c>f|{"a":')] },
  { name: 'an incomplete tag is text', output: 'a <c', events: [text('a <c')] },
  { name: 'the longer of two tags', output: 'a<c>>b', events: [text('a!b')] },
  { name: 'the shorter of two tags at the end', output: 'a<c>', events: [text('a<c>')] },
  { name: 'thinking that never ends', output: '<t>so', events: [thought('so')] },
]);

proveNoDelay(parser);

const afterStart: Segment = { kind: 'content', exits: [] };
const startOnly: Segment = {
  kind: 'content',
  trimsStart: true,
  startExits: [
    { tag: '<t>', leave: () => ({ next: thinking }) },
    { tag: '<n>', leave: () => undefined },
  ],
  exits: [{ tag: '<c>', leave: () => ({ next: afterStart }) }],
};

proveParser('tags only at the start', { create: () => new SegmentParser(startOnly) }, [
  { name: 'at the start', output: ' \n<t>so</t> yes', events: [thought('so'), text('yes')] },
  { name: 'later on', output: 'a <t>so', events: [text('a <t>so')] },
  { name: 'an incomplete one', output: '<t', events: [text('<t')] },
  { name: 'an exit that leads nowhere', output: '<n><t>', events: [text('<n><t>')] },
  { name: 'an ordinary tag', output: '<c><t>', events: [text('<t>')] },
]);

const outer: Segment = {
  kind: 'thinking',
  trimsStart: true,
  trimsEnd: true,
  exits: [
    { tag: '</t>', leave: () => ({ next: afterStart }) },
    { tag: '<c>', leave: () => ({ next: json }) },
  ],
};
const json: Segment = {
  kind: 'body',
  begins: ['{', '[['],
  hasStrings: true,
  exits: [
    {
      tag: '</c>',
      leave: (body) => {
        const parsed = parse(body);
        return parsed ? { next: afterStart, events: [toolCall('f', parsed)] } : 'text';
      },
    },
  ],
};

proveParser('text that may not be a body', { create: () => new SegmentParser(outer) }, [
  {
    name: 'a body',
    output: 'so <c> {"a":1}</c> b',
    events: [thought('so'), toolCall('f', { a: 1 }), text(' b')],
  },
  {
    name: 'a tag and a quote in a string',
    output: '<c>{"a":"\\"</c>\\\\"}</c>',
    events: [toolCall('f', { a: '"</c>\\' })],
  },
  { name: 'another beginning', output: 'a <c> b</t>c', events: [thought('a <c> b'), text('c')] },
  { name: 'an incomplete beginning', output: 'a <c>[ b</t>c', events: [thought('a <c>[ b'), text('c')] },
  { name: 'a beginning that never comes', output: 'a <c> \n', events: [thought('a <c> \n')] },
  { name: 'bad JSON', output: 'a <c>{a}</c> b</t>c', events: [thought('a <c>{a}</c> b'), text('c')] },
  { name: 'an unterminated string', output: 'a <c>{"</c> b', events: [thought('a <c>{"</c> b')] },
]);

it('parses long strings full of tags in linear time', () => {
  const instance = new SegmentParser(outer);
  instance.push('<c>{"a":"');
  for (let index = 0; index < 200_000; index++) instance.push('</c>');
  expect(instance.push('"}</c>')).toHaveLength(1);
});

it('parses long bodies in linear time', () => {
  const instance = parser.create();
  instance.push('<c>f|"');
  for (let index = 0; index < 200_000; index++) instance.push('xxxxx<');
  expect(instance.push('"</c>')).toHaveLength(1);
});
