import { describe, expect, it } from 'vitest';
import { OllamaError } from '../../base/errors.ts';
import { schemaGrammar } from './schema-grammar.ts';

/** Generous: each schema takes well under a second on an idle machine. */
const TIMEOUT_MS = 20_000;

function nested(levels: number, wrap: (inner: object) => object): object {
  let schema: object = { type: 'null' };
  for (let level = 0; level < levels; level++) schema = wrap(schema);
  return schema;
}

/** A chain of definitions, each of which uses the next. */
function chain(length: number, link: (next: object) => object): object {
  const definitions = Array.from({ length }, (_, index) => [
    `d${index}`,
    index === length - 1 ? { type: 'null' } : link({ $ref: `#/$defs/d${index + 1}` }),
  ]);
  return { $ref: '#/$defs/d0', $defs: Object.fromEntries(definitions) };
}

function refusalOf(schema: object): unknown {
  try {
    return schemaGrammar(schema);
  } catch (error) {
    return error;
  }
}

const many = (length: number) => Array.from({ length }, (_, index) => index);

describe('a schema that would take too much time or memory', () => {
  it.each<[string, object]>([
    ['arrays nested deeply', nested(5000, (items) => ({ items }))],
    ['anyOf nested deeply', nested(4000, (inner) => ({ anyOf: [inner] }))],
    ['a chain of references through properties', chain(3000, (next) => ({ properties: { a: next } }))],
    ['a chain of references through anyOf', chain(3000, (next) => ({ anyOf: [next] }))],
    [
      'an anyOf that doubles with each reference',
      chain(60, (next) => ({ anyOf: [next, { allOf: [next] }] })),
    ],
    ['a oneOf that doubles with each reference', chain(60, (next) => ({ oneOf: [next, next] }))],
    [
      'a product of many anyOf groups',
      { allOf: many(40).map(() => ({ anyOf: [{ type: 'string' }, { type: 'null' }] })) },
    ],
    ['a huge enum', { enum: many(100_000) }],
    ['a pattern with many states', { type: 'string', pattern: '(){100000}(a|b)*a(a|b){10}' }],
    [
      'enums that are compared in pairs',
      {
        $defs: { b: { enum: many(18_000) } },
        oneOf: many(93).map((value) => ({ allOf: [{ const: value }, { $ref: '#/$defs/b' }] })),
      },
    ],
    [
      'many Unicode property classes',
      {
        prefixItems: many(2000).map((index) => ({
          type: 'string',
          pattern: `\\p{Zl}\\p{Zl}\\p{Zl}${index}`,
        })),
      },
    ],
    ['an enum of long texts', { enum: many(2000).map((index) => `${index}`.padStart(500, 'x')) }],
    ['an enum of values that begin with each other', { enum: many(600).map((index) => 'a'.repeat(index)) }],
    ['a huge minLength', { type: 'string', minLength: 1e15 }],
    [
      'repetitions of repetitions in a pattern',
      { type: 'string', pattern: '^((a{1,1000}){1,1000}){1,1000}$' },
    ],
    [
      'a pattern whose automaton doubles with each character',
      { type: 'string', pattern: '^(a|b)*a(a|b){40}$' },
    ],
    ['a pattern of nested groups', { type: 'string', pattern: '('.repeat(900) + ')'.repeat(900) }],
    ['a very long pattern', { type: 'string', pattern: 'a'.repeat(100_000) }],
    ['too many properties', { properties: Object.fromEntries(many(6000).map((index) => [`p${index}`, {}])) }],
    ['a very long name', { properties: { ['x'.repeat(1_000_000)]: {} } }],
    [
      'too many name patterns',
      { patternProperties: Object.fromEntries(many(40).map((index) => [`a${index}`, {}])) },
    ],
    ['too many alternatives', { anyOf: many(6000).map((index) => ({ type: 'string', maxLength: index })) }],
  ])('%s', { timeout: TIMEOUT_MS }, (_, schema) => {
    const error = refusalOf(schema);
    expect(error).toBeInstanceOf(OllamaError);
    expect(error).toHaveProperty('message', expect.stringMatching(/^format: /));
  });
});

describe('a large but realistic schema', () => {
  it.each<[string, object]>([
    ['an enum of a thousand words', { enum: many(1000).map((index) => `word ${index * 7919}`) }],
    [
      'a hundred optional properties',
      { properties: Object.fromEntries(many(100).map((index) => [`p${index}`, { type: 'string' }])) },
    ],
    [
      'five hundred optional properties',
      { properties: Object.fromEntries(many(500).map((index) => [`p${index}`, {}])) },
    ],
    ['a long text', { type: 'string', maxLength: 20_000 }],
    ['a tuple with many places', { prefixItems: many(9000).map(() => true) }],
    [
      'forty levels of objects',
      nested(40, (inner) => ({ type: 'object', properties: { inner }, required: ['inner'] })),
    ],
    [
      'definitions that each use the next one twice',
      chain(100, (next) => ({ properties: { a: next, b: next } })),
    ],
  ])('compiles: %s', { timeout: TIMEOUT_MS }, (_, schema) => {
    expect(schemaGrammar(schema)).toMatch(/^root ::= /);
  });
});
