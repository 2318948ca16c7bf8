import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { choice, sequence } from '../gbnf/expression.ts';
import { jsonGrammar } from '../json-grammar.ts';
import { CompiledSchemas } from './compiled-schemas.ts';
import { buildGrammar, compileSchema } from './schema-grammar.ts';

/** Keeps count of what is compiled. */
function counting() {
  const compiled: unknown[] = [];
  const schemas = new CompiledSchemas((schema) => {
    compiled.push(schema);
    return compileSchema(schema);
  });
  return { compiled, schemas };
}

describe('CompiledSchemas', () => {
  it('compiles equal schemas once', () => {
    const { compiled, schemas } = counting();
    const first = schemas.of({ type: 'integer' });
    expect(schemas.of({ type: 'integer' })).toBe(first);
    expect(schemas.of({ type: 'boolean' })).not.toBe(first);
    expect(compiled).toHaveLength(2);
  });

  it('does not keep refusals: they are said again', () => {
    const { compiled, schemas } = counting();
    for (const _ of [1, 2]) expect(() => schemas.of({ not: {} })).toThrow('#');
    expect(compiled).toHaveLength(2);
  });

  it('keeps no schema whose grammar is large', () => {
    const { compiled, schemas } = counting();
    const large = { enum: Array.from({ length: 1000 }, (_, index) => `${index} ${'x'.repeat(80)}`) };
    for (const _ of [1, 2]) schemas.of(large);
    expect(compiled).toHaveLength(2);
  });

  it('keeps only rules that the grammar uses', () => {
    const costly = { type: 'string', pattern: '^([a-c]x|[d-f]y|[g-i]z|é|[0-9]{3}){1,40}$' };
    const object = { type: 'object', required: ['x'], properties: { a: costly, x: false } };
    const { book, grammar } = new CompiledSchemas().of({ anyOf: [{ type: 'null' }, object] });
    expect(grammar).toBe('root ::= "null"\n');
    expect(book.rules.size).toBe(0);
  });

  it('does not take a number that JSON cannot write for null', () => {
    const { compiled, schemas } = counting();
    for (const value of [Number.POSITIVE_INFINITY, null]) {
      try {
        schemas.of({ enum: [value] });
      } catch {
        // Whether a schema is refused is not the question here.
      }
    }
    expect(compiled).toHaveLength(2);
  });

  it('keeps the most recently used schemas', () => {
    const { compiled, schemas } = counting();
    for (let value = 0; value < 100; value++) schemas.of({ const: value });
    schemas.of({ const: 99 });
    expect(compiled).toHaveLength(100);
    schemas.of({ const: 0 });
    expect(compiled).toHaveLength(101);
  });

  it('has the bounded grammar of JSON mode for any object, compiled once', () => {
    const { compiled, schemas } = counting();
    expect(schemas.anyObject().grammar).toBe(jsonGrammar);
    expect(schemas.anyObject()).toBe(schemas.anyObject());
    expect(compiled).toEqual([{ type: 'object' }]);
  });

  it('says that a schema nested too deeply for JSON is too complex', () => {
    let schema: object = {};
    for (let depth = 0; depth < 100_000; depth++) schema = { items: schema };
    expect(() => new CompiledSchemas().of(schema)).toThrow('too complex');
  });
});

describe('a grammar around a compiled schema', () => {
  const schema = compileSchema({ type: 'array', items: { type: 'integer' }, maxItems: 2 });

  it('holds the value and what surrounds it', () => {
    const grammar = new Gbnf(
      buildGrammar(({ book }) => {
        const other = book.define('other', choice([sequence('no'), sequence('none')]));
        return sequence('<', choice([schema.value, other]), '>');
      }, schema),
    );
    expect(['<[1]>', '<no>', '<none>'].map((text) => grammar.accepts(text))).toEqual([true, true, true]);
    expect(['[1]', '<>', '<[1,2,3]>'].map((text) => grammar.accepts(text))).toEqual([false, false, false]);
  });

  it('leaves the compiled schema as it was', () => {
    const before = [...schema.book.rules.keys()];
    buildGrammar(({ book }) => book.define('more', choice([sequence('a'), sequence('b')])), schema);
    expect([...schema.book.rules.keys()]).toEqual(before);
    const again = buildGrammar(() => schema.value, schema);
    expect(again).toBe(schema.grammar);
  });

  it('counts the rules of both against the limit', () => {
    const build = () =>
      buildGrammar(({ book }) => {
        for (let count = 0; count < 5000; count++)
          book.define('rule', sequence(`text ${count}`, schema.value));
        return schema.value;
      }, schema);
    expect(build).toThrow('5000 rules');
  });
});
