import { describe, expect, it } from 'vitest';
import { OllamaError } from '../../base/errors.ts';
import { schemaGrammar } from './schema-grammar.ts';

const inA = (schema: unknown) => ({ type: 'object', properties: { 'a/b': schema } });

describe('a schema that cannot be honoured is refused with its path', () => {
  it.each<[string, unknown]>([
    ['uniqueItems', { type: 'array', uniqueItems: true }],
    ['multipleOf', { type: 'number', multipleOf: 0.01 }],
    ['not', { not: { type: 'null' } }],
    ['if', { if: {} }],
    ['else', { else: false }],
    ['contains', { type: 'array', contains: {} }],
    ['unevaluatedProperties', { type: 'object', unevaluatedProperties: false }],
    ['dependentRequired', { dependentRequired: { a: ['b'] } }],
    ['minLenght', { type: 'string', minLenght: 1 }],
    ['format', { type: 'string', format: 'regex' }],
    ['pattern', { type: 'string', pattern: '(?=a)b' }],
    ['pattern', { type: 'string', pattern: '(a)\\1' }],
    ['pattern', { type: 'string', pattern: '\\bword\\b' }],
    ['pattern', { type: 'string', pattern: '(' }],
    ['pattern', { type: 'string', pattern: 5 }],
    ['minLength', { type: 'string', minLength: -1 }],
    ['maxItems', { type: 'array', maxItems: 'x' }],
    ['minimum', { type: 'integer', minimum: '0' }],
    ['type', { type: 'strnig' }],
    ['required', { required: [1] }],
    ['enum', { enum: 'a' }],
    ['properties', { properties: [] }],
    ['anyOf', { anyOf: {} }],
    ['$ref', { $ref: '#/$defs/none' }],
    ['$ref', { $ref: 'https://example.com/schema' }],
    ['$ref', { $ref: '#/%zz' }],
    ['minProperties', { type: 'object', minProperties: 2 }],
    ['oneOf', { oneOf: [{ type: 'integer' }, { type: 'number' }] }],
    ['oneOf', { oneOf: [{ properties: { x: {} } }, { properties: { y: {} } }], type: 'object' }],
    [
      'oneOf',
      {
        oneOf: [
          { type: 'object', properties: { x: {} }, required: ['x'] },
          { type: 'object', properties: { x: {}, y: {} }, required: ['y'] },
        ],
      },
    ],
    [
      'oneOf',
      {
        anyOf: [{ properties: { y: {} } }, {}],
        oneOf: ['x', 'y'].map((name) => ({ type: 'object', properties: { [name]: {} }, required: [name] })),
      },
    ],
    ['items', { items: 'no schema' }],
    ['properties', { enum: [{ a: 1 }], properties: { a: {} } }],
  ])('%s: %j', (keyword, schema) => {
    const compile = () => schemaGrammar(inA(schema));
    expect(compile).toThrow(OllamaError);
    expect(compile).toThrow(`format: "#/properties/a~1b/${keyword}" `);
  });

  it.each<[string, unknown]>([
    ['#', false],
    ['#', { type: 'string', minLength: 2, maxLength: 1 }],
    ['#/properties/a', { properties: { a: { type: 'integer', minimum: 2, maximum: 1 } }, required: ['a'] }],
    ['#/properties/a', { properties: { a: { const: 1, type: 'string' } }, required: ['a'] }],
    ['#', { enum: [] }],
    ['#', { type: 'string', pattern: '^a$', minLength: 5 }],
    ['#', { properties: { self: { $ref: '#' } }, required: ['self'] }],
    ['#', { type: 'array', items: { $ref: '#' }, minItems: 1 }],
  ])('a contradiction at %s: %j', (path, schema) => {
    expect(() => schemaGrammar(schema)).toThrow(`format: "${path}" allows no value`);
  });

  it.each<[string, unknown]>([
    ['#/anyOf', { anyOf: [{ $ref: '#' }, { type: 'null' }] }],
    ['#', 'a string'],
  ])('%s: %j', (path, schema) => {
    expect(() => schemaGrammar(schema)).toThrow(`format: "${path}" `);
  });

  it('accepts annotations and ignores unused definitions', () => {
    const described = {
      title: 'T',
      description: 'd',
      default: 1,
      examples: [1],
      'x-order': 1,
      deprecated: true,
    };
    const grammar = schemaGrammar({ ...described, type: 'null', $defs: { unused: { not: {} } } });
    expect(grammar).toContain('"null"');
  });
});
