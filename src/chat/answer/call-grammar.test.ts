import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import type { Tool } from '../../api/common.ts';
import { buildGrammar } from '../../grammar/schema/schema-grammar.ts';
import type { CallSyntax } from '../families/family.ts';
import { type CallGrammarInput, callExpression } from './call-grammar.ts';

const callGrammar = (input: CallGrammarInput) => buildGrammar((parts) => callExpression(input, parts));

const json: CallSyntax = {
  open: '<tool_call>\n',
  separator: '\n</tool_call>\n<tool_call>\n',
  close: '\n</tool_call>',
  beforeArguments: (name) => `{"name": ${JSON.stringify(name)}, "arguments": `,
  afterArguments: '}',
  argumentSyntax: { form: 'json' },
};

const pairs = (
  values: Extract<CallSyntax['argumentSyntax'], { form: 'pairs' }>['values'],
  separator = '',
): CallSyntax => ({
  open: '',
  separator: '\n',
  close: '',
  beforeArguments: (name) => `<${name}>`,
  afterArguments: '</>',
  argumentSyntax: { form: 'pairs', before: (key) => `<${key}=`, after: '/>', separator, values },
});

const tool = (name: string, parameters?: Record<string, unknown>): Tool => ({
  type: 'function',
  function: { name, ...(parameters && { parameters }) },
});

const weather = tool('weather', {
  type: 'object',
  required: ['city'],
  properties: {
    unit: { type: 'string', enum: ['C', 'F'] },
    city: { type: 'string' },
    days: { type: 'integer' },
  },
});
const time = tool('time');

const grammarOf = (syntax: CallSyntax, parallel: boolean, tools = [weather, time]) =>
  new Gbnf(callGrammar({ tools, syntax, parallel }));

describe('callGrammar', () => {
  it('accepts only calls of the tools, with arguments that satisfy their schemas', () => {
    const grammar = grammarOf(json, false);
    const wrapped = (call: string) => grammar.accepts(`<tool_call>\n${call}\n</tool_call>`);
    expect(wrapped('{"name": "weather", "arguments": {"city":"Rome"}}')).toBe(true);
    expect(wrapped('{"name": "weather", "arguments": {"unit":"C", "city":"Rome", "days":3}}')).toBe(true);
    expect(wrapped('{"name": "weather", "arguments": {"unit":"K", "city":"Rome"}}')).toBe(false);
    expect(wrapped('{"name": "weather", "arguments": {}}')).toBe(false);
    expect(wrapped('{"name": "other", "arguments": {}}')).toBe(false);
    expect(wrapped('{"name": "time", "arguments": {"any":[1]}}')).toBe(true);
    expect(grammar.accepts('Hello')).toBe(false);
    expect(grammar.accepts('')).toBe(false);
  });

  it('accepts several calls only if they are allowed', () => {
    const two =
      '<tool_call>\n{"name": "time", "arguments": {}}\n</tool_call>\n<tool_call>\n{"name": "time", "arguments": {}}\n</tool_call>';
    expect(grammarOf(json, true).accepts(two)).toBe(true);
    expect(grammarOf(json, false).accepts(two)).toBe(false);
  });

  it('writes strings between the marks of pairs and all other values as JSON', () => {
    const grammar = grammarOf(pairs('text'), false);
    expect(grammar.accepts('<weather><city=New "York" / /></>')).toBe(true);
    expect(grammar.accepts('<weather><unit=C/><city=Rome/><days=3/></>')).toBe(true);
    expect(grammar.accepts('<weather><unit=K/><city=Rome/></>')).toBe(false);
    expect(grammar.accepts('<weather><city=Rome/><days=three/></>')).toBe(false);
    expect(grammar.accepts('<weather><unit=C/></>')).toBe(false);
    expect(grammar.accepts('<time></>')).toBe(true);
  });

  it('puts separators only between pairs that are present', () => {
    const syntax = pairs({ open: '«', close: '»' }, ',');
    const grammar = grammarOf(syntax, false);
    expect(grammar.accepts('<weather><city=«Rome»/></>')).toBe(true);
    expect(grammar.accepts('<weather><unit=«C»/>,<city=«Rome»/>,<days=3/></>')).toBe(true);
    expect(grammar.accepts('<weather>,<city=«Rome»/></>')).toBe(false);
    expect(grammar.accepts('<weather><city=«Rome»/>,</>')).toBe(false);
  });

  it('accepts any values if a schema contains what a grammar cannot express', () => {
    const odd = tool('odd', {
      type: 'object',
      properties: { a: { not: { type: 'string' } } },
      required: ['a'],
    });
    const grammar = grammarOf(pairs('json'), false, [odd]);
    expect(grammar.accepts('<odd><a="x"/></>')).toBe(true);
    expect(grammar.accepts('<odd></>')).toBe(false);
  });

  it('stays small for tools with many optional arguments', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`p${index}`, { type: 'string' }]),
    );
    const grammar = callGrammar({
      tools: [tool('many', { properties })],
      syntax: pairs('text', ' '),
      parallel: true,
    });
    expect(grammar.length).toBeLessThan(100_000);
    const text = new Gbnf(grammar).sample(seededRandom(1), 40);
    expect(text).toMatch(/^<many>/);
  });

  it('keeps apart a parameter and a nested one whose path looks the same', () => {
    const properties = {
      a: { type: 'object', properties: { b: { const: 1 } }, required: ['b'] },
      'a/properties/b': { const: 2 },
    };
    const grammar = grammarOf(pairs('json', ','), false, [
      tool('odd', { type: 'object', properties, required: Object.keys(properties) }),
    ]);
    expect(grammar.accepts('<odd><a={"b":1}/>,<a/properties/b=2/></>')).toBe(true);
    expect(grammar.accepts('<odd><a={"b":1}/>,<a/properties/b=1/></>')).toBe(false);
  });

  it('does not count descriptions against the limits', () => {
    const described = tool('t', { properties: { a: { type: 'integer', description: 'x'.repeat(300_000) } } });
    expect(grammarOf(pairs('json'), false, [described]).accepts('<t><a=1/></>')).toBe(true);
  });

  it('accepts any object where the schema of a tool is too large', () => {
    const large = tool('t', {
      properties: { a: { enum: Array.from({ length: 25_000 }, (_, index) => index) } },
    });
    const asJson = grammarOf({ ...pairs('json'), argumentSyntax: { form: 'json' } }, false, [large]);
    expect(asJson.accepts('<t>{"a":"b"}</>')).toBe(true);
  });

  it('accepts any object where a tool has more parameters than a grammar takes', () => {
    const properties = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`p${index}`, {}]));
    const many = tool('many', { type: 'object', properties });
    const asJson = grammarOf({ ...pairs('json'), argumentSyntax: { form: 'json' } }, false, [many]);
    expect(asJson.accepts('<many>{"p1":1}</>')).toBe(true);
    expect(() => grammarOf(pairs('json'), false, [many])).toThrow(
      'tools[0].function.parameters: 600 parameters',
    );
  });
});
