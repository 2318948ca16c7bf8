import { describe, expect, it } from 'vitest';
import { decodeJson } from './json-body.ts';

describe('decodeJson', () => {
  it('ignores text after the first value', () => {
    expect(decodeJson(Buffer.from('{"a":"}]\\""} trailing'))).toEqual({ a: '}]"' });
    expect(decodeJson(Buffer.from(' {"a":[1]}{"b":2}'))).toEqual({ a: [1] });
  });

  it.each(['', ' \n'])('reports a missing body: %j', (body) => {
    expect(() => decodeJson(Buffer.from(body))).toThrow('missing request body');
  });

  it.each(['{', '{"a":', 'x', '{"a":"', '{"a" 1}', '}{', '{"a":[1}'])('refuses %j', (body) => {
    expect(() => decodeJson(Buffer.from(body))).toThrow(/^invalid JSON: /);
  });

  it('refuses deep nesting instead of overflowing the stack', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(() => decodeJson(Buffer.from(deep(1_000_000)))).toThrow('nested more than 200 levels deep');
    expect(decodeJson(Buffer.from(deep(200)))).toBeDefined();
  });
});
