import { describe, expect, it } from 'vitest';
import { jsonText } from './json-text.ts';
import { parameterFields } from './tool-fields.ts';

const written = (schema: Record<string, unknown>) => jsonText(parameterFields(schema));

describe('the fields of tool parameters', () => {
  it('have a fixed order, whatever the order in the request', () => {
    const properties = { b: { description: 'x', enum: ['1'], type: 'string', anyOf: [{ type: ['null'] }] } };
    expect(written({ properties, required: ['b'], $defs: { z: 1, a: 2 }, type: 'object' })).toBe(
      '{"type":"object","$defs":{"a":2,"z":1},"required":["b"],"properties":{"b":{"anyOf":[{"type":"null"}],"type":"string","description":"x","enum":["1"]}}}',
    );
  });

  it('are left out if they are empty, except those that may hold any value', () => {
    expect(written({ type: 'object', required: [], items: [], $defs: '', properties: {} })).toBe(
      '{"type":"object","$defs":"","items":[],"properties":{}}',
    );
    expect(
      written({ properties: { a: { type: [], description: '', enum: [], items: '' } }, items: null }),
    ).toBe('{"type":"","properties":{"a":{"items":""}}}');
  });

  it('that Ollama does not know follow unchanged', () => {
    expect(written({ additionalProperties: false, type: 'object', properties: { a: { minimum: 1 } } })).toBe(
      '{"type":"object","properties":{"a":{"minimum":1}},"additionalProperties":false}',
    );
  });
});
