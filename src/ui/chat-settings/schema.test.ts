import { describe, expect, it } from 'vitest';
import { readSettings, requestFields, withOption } from './chat-settings.ts';
import { fieldsOf, newField, type SchemaField, schemaOf } from './schema-fields.ts';
import { schemaProblem } from './schema-problem.ts';
import { toolsProblem } from './tools-problem.ts';

describe('schemaProblem', () => {
  it.each([
    { type: 'object', properties: { a: { type: ['string', 'null'] }, b: true }, required: ['a'] },
    {
      $ref: '#/$defs/node',
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    },
    { anyOf: [{ const: 1 }, { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 3 }] },
    {},
  ])('finds nothing in %j', (schema) => {
    expect(schemaProblem(schema)).toBeUndefined();
  });

  it.each([
    [[], 'object', []],
    [{ type: 'text' }, 'type', ['type']],
    [
      { type: 'object', properties: { a: { type: 'object', properties: [] } } },
      'properties',
      ['properties', 'a', 'properties'],
    ],
    [{ properties: { a: {} }, required: ['a', 'b'] }, 'requiredName', ['required', 1]],
    [{ required: 'a' }, 'required', ['required']],
    [{ enum: [] }, 'enum', ['enum']],
    [{ anyOf: [{}, 5] }, 'object', ['anyOf', 1]],
    [{ minItems: 3, maxItems: 2 }, 'range', ['maxItems']],
    [{ minimum: '1' }, 'number', ['minimum']],
    [{ $ref: 'https://example.com/schema' }, 'reference', ['$ref']],
    [{ $ref: '#/$defs/none' }, 'reference', ['$ref']],
  ])('says what is wrong with %j', (schema, kind, path) => {
    expect(schemaProblem(schema)).toEqual({ kind, path });
  });
});

describe('toolsProblem', () => {
  const tool = (name: string, parameters?: unknown) => ({
    type: 'function',
    function: { name, ...(parameters !== undefined && { parameters }) },
  });

  it('finds nothing in tools with and without parameters', () => {
    expect(toolsProblem([tool('a'), tool('b', { type: 'object', properties: {} })])).toBeUndefined();
  });

  it.each([
    [{}, 'toolList', []],
    [['a'], 'tool', [0]],
    [[{ type: 'web', function: {} }], 'toolType', [0, 'type']],
    [[{ type: 'function' }], 'toolFunction', [0, 'function']],
    [[tool(' ')], 'toolName', [0, 'function', 'name']],
    [[tool('a'), tool('a')], 'toolTwice', [1, 'function', 'name']],
    [[tool('a', { type: 'none' })], 'type', [0, 'function', 'parameters', 'type']],
  ])('says what is wrong with %j', (tools, kind, path) => {
    expect(toolsProblem(tools)).toEqual({ kind, path });
  });
});

describe('fields of a schema', () => {
  const fields: SchemaField[] = [
    { ...newField('name'), description: 'Full name' },
    { ...newField('age'), type: 'integer', isRequired: false },
    { ...newField('tags'), type: 'strings' },
    { ...newField('mood'), type: 'choice', choices: ['good', 'bad'] },
  ];

  it('come back from the schema that they make', () => {
    expect(schemaProblem(schemaOf(fields))).toBeUndefined();
    expect(fieldsOf(schemaOf(fields))).toEqual(fields);
  });

  it.each([
    { type: 'object', properties: { a: { type: 'object', properties: {} } } },
    { type: 'object', properties: { a: { type: 'string', maxLength: 3 } } },
    { type: 'object', properties: { a: { enum: [1, 2] } } },
    { type: 'object', properties: {}, additionalProperties: false },
    { type: 'array' },
  ])('are not shown for %j, of which they would lose something', (schema) => {
    expect(fieldsOf(schema)).toBeUndefined();
  });
});

describe('settings of a chat', () => {
  it('are read without what cannot be used', () => {
    const wrong = { model: 5, system: {}, options: [], think: 'much', think_budget: -1, keep_alive: 'soon' };
    expect(readSettings({ ...wrong, format: { type: 'text' }, tools: [{}], other: 1 })).toEqual({});
    const right = { model: 'a', think: 'low', keep_alive: '1h30m', format: 'json', options: { top_k: 3 } };
    expect(readSettings(right)).toEqual(right);
  });

  it('lose an option that is left to the model, and all of them with the last one', () => {
    const options = withOption({ top_k: 3 }, 'seed', 1);
    expect(options).toEqual({ top_k: 3, seed: 1 });
    expect(withOption(options, 'seed', undefined)).toEqual({ top_k: 3 });
    expect(withOption({ top_k: 3 }, 'top_k', undefined)).toBeUndefined();
  });

  it('become fields of a request, without model and system prompt', () => {
    expect(requestFields({ model: 'm', system: 's', think: false, think_budget: 0, format: 'json' })).toEqual(
      {
        think: false,
        think_budget: 0,
        format: 'json',
      },
    );
  });
});
