import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { compileSchema, schemaGrammar } from './schema-grammar.ts';

/** A schema, texts that its grammar accepts, and texts that it refuses. */
type Case = readonly [schema: unknown, accepted: readonly string[], refused: readonly string[]];

function check([schema, accepted, refused]: Case): void {
  const grammar = new Gbnf(schemaGrammar(schema));
  expect(accepted.filter((text) => !grammar.accepts(text))).toEqual([]);
  expect(refused.filter((text) => grammar.accepts(text))).toEqual([]);
}

const optional = {
  type: 'object',
  properties: { a: { type: 'null' }, b: { type: 'null' }, c: { type: 'null' } },
};

describe('the grammar of a schema', () => {
  it.each<Case>([
    [
      optional,
      ['{}', '{"a":null}', '{"b":null,"c":null}', '{ "a": null,\n  "c": null\n}'],
      ['{"b":null,"a":null}', '{"a":null,}', '{,"a":null}', '{"d":null}', '{"a":null,"a":null}'],
    ],
    [{ ...optional, required: ['b'] }, ['{"b":null}', '{"a":null,"b":null,"c":null}'], ['{}', '{"a":null}']],
    [{ ...optional, required: ['d'] }, ['{"d":[1]}', '{"c":null,"d":{}}'], ['{}', '{"d":1,"c":null}']],
    [
      { ...optional, additionalProperties: { type: 'integer' } },
      ['{"x":1}', '{"a":null,"aa":2}'],
      ['{"a":1}', '{"x":null}', '{"x":1,"a":null}'],
    ],
    [
      { ...optional, additionalProperties: true, required: ['c'] },
      ['{"c":null,"":[]}'],
      ['{"":[]}', '{"c":null,"c":1}'],
    ],
    [{ ...optional, minProperties: 2 }, ['{"a":null,"c":null}'], ['{}', '{"b":null}']],
    [{ ...optional, maxProperties: 1 }, ['{}', '{"c":null}'], ['{"a":null,"b":null}']],
    [
      {
        patternProperties: { '^i': { type: 'integer' }, '^n': { type: 'null' } },
        additionalProperties: { type: 'string' },
      },
      ['{"i":1,"n":null,"x":"y"}'],
      ['{"i":null}', '{"n":1}', '{"x":1}'],
    ],
    [
      { type: 'object', propertyNames: { enum: ['a', 'b'] }, additionalProperties: { type: 'null' } },
      ['{}', '{"b":null}'],
      ['{"c":null}', '{"a":1}'],
    ],
    [{ type: 'object', properties: { 'é"\\': {} } }, ['{"é\\"\\\\":1}'], ['{"e":1}']],
    [{ type: 'object' }, ['{}', '{"a":{"b":[1,"x",null]}}'], ['[]', '{"a"}']],
  ])('selects properties: %j', (...example) => check(example));

  it.each<Case>([
    [{ type: 'array', items: { type: 'null' } }, ['[]', '[null]', '[ null, null ]'], ['[null,]', '[1]']],
    [
      { items: { type: 'null' }, minItems: 1, maxItems: 3 },
      ['[null]', '[null,null,null]'],
      ['[]', '[null,null,null,null]'],
    ],
    [
      { prefixItems: [{ type: 'null' }, { type: 'boolean' }] },
      ['[null,true]'],
      ['[]', '[null]', '[null,true,1]'],
    ],
    [
      { prefixItems: [{ type: 'null' }, { type: 'boolean' }], minItems: 0, items: { const: 1 } },
      ['[]', '[null]', '[null,true,1,1]'],
      ['[1]'],
    ],
    [
      { items: [{ type: 'null' }], additionalItems: { const: 2 } },
      ['[null]', '[null,2]'],
      ['[]', '[2]', '[null,3]'],
    ],
    [{ items: [{ type: 'null' }], additionalItems: false }, ['[null]'], ['[null,null]']],
    [{ type: 'array', uniqueItems: true, maxItems: 1 }, ['[]', '[5]'], ['[5,5]']],
    [{ type: 'array', items: false }, ['[]'], ['[1]']],
  ])('counts items: %j', (...example) => check(example));

  it.each<Case>([
    [{ type: 'integer' }, ['0', '-5', '12345678901234567890'], ['01', '1.0', '1e3', '']],
    [
      { minimum: -5, maximum: 120, type: 'integer' },
      ['-5', '0', '99', '120'],
      ['-6', '121', '-0', '1000', '-12'],
    ],
    [{ type: 'integer', exclusiveMinimum: 9, exclusiveMaximum: 11 }, ['10'], ['9', '11', '10.0']],
    [{ type: 'integer', minimum: 1000 }, ['1000', '99999'], ['999', '-1000']],
    [{ type: 'integer', maximum: -10.5 }, ['-11', '-100'], ['-10', '0', '11']],
    [{ type: 'integer', format: 'int32' }, ['2147483647', '-2147483648'], ['2147483648', '-2147483649']],
    [{ type: 'number', multipleOf: 1, minimum: 0 }, ['3'], ['3.5']],
    [{ type: 'number' }, ['0', '-1.5', '2e10', '0.1E-5'], ['1e400', '.5', '1.', '+1']],
    [
      { type: 'number', minimum: 0, maximum: 1 },
      ['0', '0.5', '1', '1.0', '0.001'],
      ['1.1', '-0.1', '1e0', '00'],
    ],
    [
      { type: 'number', exclusiveMinimum: 0, maximum: 2.75 },
      ['0.1', '2.75', '2.750'],
      ['0', '0.0', '2.751', '2.8', '3'],
    ],
    [
      { type: 'number', minimum: -1e-7, maximum: 0 },
      ['0', '-0.0000001', '-0.00000001'],
      ['-0.0000002', '-0', '0.1'],
    ],
  ])('keeps numbers within bounds: %j', (...example) => check(example));

  it.each<Case>([
    [
      { type: 'string', minLength: 1, maxLength: 2 },
      ['"a"', '"😀\\n"', '"\\u00e9"'],
      ['""', '"abc"', '"\\ud83d"', '"\n"'],
    ],
    [{ pattern: '^a+$', minLength: 2, maxLength: 3 }, ['"aa"', '"aaa"'], ['"a"', '"aaaa"']],
    [{ pattern: 'b' }, ['"b"', '"abc"', '"\\n\\"b"'], ['"a"', '""']],
    [{ pattern: '^a|z$' }, ['"abc"', '"xyz"', '"a"'], ['"ba"', '"zb"']],
    [{ pattern: '^[^\\w"]\\\\/\\.$' }, ['"-\\\\/."', '"\\n\\\\/."'], ['"a\\\\/."', '"-\\\\/x"']],
    [{ pattern: '^(?:ab|c(?<n>d)){2}e?$' }, ['"abcd"', '"cdcde"'], ['"ab"', '"abcdabc"']],
    [{ pattern: '^\\p{Lu}\\u{1F600}\\u0041$' }, ['"Ä😀A"'], ['"ä😀A"']],
    [{ allOf: [{ pattern: 'a' }, { pattern: 'b' }], type: 'string' }, ['"xbxa"', '"ab"'], ['"a"', '"b"']],
    [
      { type: 'string', format: 'date' },
      ['"2024-02-29"', '"2000-12-31"'],
      ['"2023-02-29"', '"1900-02-29"', '"2024-04-31"'],
    ],
    [{ type: 'string', format: 'password' }, ['"anything"'], ['1']],
  ])('shapes strings: %j', (...example) => check(example));

  it.each<Case>([
    [{}, ['null', '[{"a":1.5}]', '"x"'], ['', 'nul']],
    [true, ['null', '{}'], ['x']],
    [{ const: { b: [1, 'é'], a: null } }, ['{"b":[1,"é"],"a":null}'], ['{"a":null,"b":[1,"é"]}']],
    [{ enum: ['a', 'ab', 1, null], type: ['string', 'null'] }, ['"a"', '"ab"', 'null'], ['1', '"b"']],
    [{ enum: ['a', 'bb', 3, 30], maxLength: 1, maximum: 9 }, ['"a"', '3'], ['"bb"', '30']],
    [{ type: ['string', 'null'], maxLength: 1 }, ['null', '"a"'], ['"aa"', '1']],
    [{ type: 'integer', nullable: true }, ['null', '1'], ['"a"']],
    [{ anyOf: [{ type: 'null' }, { type: 'integer', minimum: 0 }], title: 'X' }, ['null', '7'], ['-7']],
    [
      { type: 'object', properties: { a: {}, b: {} }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
      ['{"a":1}', '{"b":1}', '{"a":1,"b":1}'],
      ['{}'],
    ],
    [{ oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] }, ['"a"', '1.5', 'null'], ['true']],
    [
      {
        oneOf: [{ properties: { k: { const: 'a' } } }, { properties: { k: { const: 'b' }, x: {} } }],
        type: 'object',
      },
      ['{"k":"a"}', '{"k":"b","x":1}'],
      ['{}', '{"k":"a","x":1}'],
    ],
    [
      {
        oneOf: [
          { type: 'object', properties: { a: {} }, required: ['a'], additionalProperties: false },
          { type: 'object', properties: { b: {} }, required: ['b'], additionalProperties: false },
        ],
      },
      ['{"a":1}', '{"b":1}'],
      ['{}'],
    ],
    [
      {
        allOf: [
          { properties: { a: { minimum: 1 } } },
          { properties: { a: { type: 'integer', maximum: 2 }, b: {} }, required: ['a'] },
        ],
      },
      ['{"a":1}', '{"a":2,"b":0}'],
      ['{"a":3}', '{}', '{"b":0}'],
    ],
    [
      { oneOf: ['a', 'b'].map((name) => ({ type: 'object', properties: { [name]: {} }, required: [name] })) },
      ['{"a":1}', '{"b":1}'],
      ['{}', '{"a":1,"b":1}'],
    ],
    [
      { $ref: '#/$defs/a~1b/properties/c', $defs: { 'a/b': { properties: { c: { type: 'null' } } } } },
      ['null'],
      ['1'],
    ],
    [
      { $ref: '#/definitions/one', maximum: 5, definitions: { one: { type: 'integer', minimum: 1 } } },
      ['1', '5'],
      ['0', '6'],
    ],
    [
      { properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } }, required: ['next'] },
      ['{"next":null}', '{"next":{"next":{"next":null}}}'],
      ['{}', '{"next":1}'],
    ],
    [{ properties: { self: { $ref: '#' } } }, ['{}', '{"self":{"self":{}}}'], ['{"self":1}']],
    [{ anyOf: [false, { type: 'null' }] }, ['null'], ['1']],
    [
      { anyOf: [{ type: 'array', items: { $ref: '#' }, minItems: 1 }, { type: 'null' }] },
      ['null', '[[null],null]'],
      ['[]'],
    ],
  ])('combines: %j', (...example) => check(example));

  it('writes arrays and objects of an enum or const with the same white space as all others', () => {
    const value = { 'a:b,c': [1, 'x: y,z', [], {}], d: null };
    const compact = '{"a:b,c":[1,"x: y,z",[],{}],"d":null}';
    const spaced = '{"a:b,c": [1, "x: y,z", [], {}], "d": null}';
    for (const schema of [{ const: value }, { enum: ['red', value] }]) {
      const [fixed, free] = [
        new Gbnf(compileSchema(schema, 'fixed').grammar),
        new Gbnf(schemaGrammar(schema)),
      ];
      expect([fixed.accepts(spaced), fixed.accepts(compact)]).toEqual([true, false]);
      expect([free.accepts(spaced), free.accepts(compact)]).toEqual([false, true]);
    }
  });

  it('bounds white space, so that a model cannot print it endlessly', () => {
    const grammar = new Gbnf(schemaGrammar({ type: 'array', items: { type: 'null' } }));
    expect(grammar.accepts(`[\n${' '.repeat(20)}null ]`)).toBe(true);
    for (const blank of ['  ', '\n\n', `\n${' '.repeat(21)}`])
      expect(grammar.accepts(`[${blank}]`)).toBe(false);
    expect([grammar.accepts(' []'), grammar.accepts('[] ')]).toEqual([false, false]);
  });
});
