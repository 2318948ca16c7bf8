import { describe, expect, it } from 'vitest';
import { decodeJson } from './json-body.ts';

describe('decodeJson', () => {
  it('ignores text after the first value', () => {
    expect(decodeJson('{"a":"}]\\""} trailing')).toEqual({ a: '}]"' });
    expect(decodeJson(' {"a":[1]}{"b":2}')).toEqual({ a: [1] });
  });

  it.each(['', ' \n'])('reports a missing body: %j', (body) => {
    expect(() => decodeJson(body)).toThrow('missing request body');
  });

  it.each(['{', '{"a":', 'x', '{"a":"', '{"a" 1}', '}{', '{"a":[1}'])('refuses %j', (body) => {
    expect(() => decodeJson(body)).toThrow(/^invalid JSON: /);
  });

  it('refuses deep nesting instead of overflowing the stack', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(() => decodeJson(deep(1_000_000))).toThrow('nested more than 200 levels deep');
    expect(decodeJson(deep(200))).toBeDefined();
  });
});
