import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { compileSchema, schemaGrammar } from './schema-grammar.ts';

const inA = (schema: object) => ({ type: 'object', properties: { a: schema }, required: ['a'] });

describe('an upper bound that a grammar cannot count is left to the model', () => {
  it.each<[string, object, string[]]>([
    ['maxLength', { type: 'string', maxLength: 100_000 }, ['#/properties/a/maxLength']],
    ['maxItems', { type: 'array', maxItems: 1e300 }, ['#/properties/a/maxItems']],
    ['maxProperties', { type: 'object', maxProperties: 501 }, ['#/properties/a/maxProperties']],
    [
      'maxLength beside a format of many states',
      { type: 'string', format: 'uri', minLength: 1, maxLength: 2083 },
      ['#/properties/a/maxLength'],
    ],
    [
      'of two bounds, the one that is too high',
      {
        allOf: [{ type: 'string', maxLength: 5 }, { maxLength: 1e6 }],
      },
      ['#/properties/a/allOf/1/maxLength'],
    ],
  ])('%s', (_, schema, leftOut) => {
    const compiled = compileSchema(inA(schema));
    expect(compiled.leftOut).toEqual(leftOut);
    expect(compiled.grammar).toMatch(/^root ::= /);
  });

  it('and the bounds that it can count still hold', () => {
    const { grammar, leftOut } = compileSchema({
      type: 'string',
      minLength: 2,
      maxLength: 1e9,
      pattern: '^a*$',
    });
    const accepts = (text: string) => new Gbnf(grammar).accepts(JSON.stringify(text));
    expect(leftOut).toEqual(['#/maxLength']);
    expect([accepts('a'), accepts('aa'), accepts('ab'), accepts('aaaa')]).toEqual([false, true, false, true]);
  });

  it('as are those that are too many together', () => {
    const texts = Array.from({ length: 50 }, (_, index) => ({ type: 'string', maxLength: 15_000 + index }));
    const compiled = compileSchema({
      type: 'array',
      prefixItems: [...texts, { type: 'string', maxLength: 3 }],
    });
    expect(compiled.leftOut).toHaveLength(50);
    expect(compiled.leftOut).toContain('#/prefixItems/49/maxLength');
    expect(compiled.leftOut).not.toContain('#/prefixItems/50/maxLength');
  });
});

describe('a bound that a grammar cannot count', () => {
  it('is refused where nobody can be told that it is left out', () => {
    expect(() => schemaGrammar({ type: 'string', maxLength: 100_000 })).toThrow('"#/maxLength" is too high');
  });

  it('is refused if it is a lower one, which hardly any answer would reach', () => {
    expect(() => compileSchema({ type: 'string', minLength: 100_000 })).toThrow(
      '"#/minLength" must be at most 20000',
    );
  });

  it('decides nothing about the values of an enum, which are compared exactly', () => {
    const { grammar, leftOut } = compileSchema({ enum: ['a', 'bb'], maxLength: 1, minLength: 1 });
    expect(new Gbnf(grammar).accepts('"bb"')).toBe(false);
    expect(leftOut).toEqual([]);
  });
});
