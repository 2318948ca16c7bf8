import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { mutated, randomSchema } from '../../../test/fakes/random/random-schema.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import { compileSchema, schemaGrammar } from './schema-grammar.ts';

const SCHEMAS = rounds({ change: 20, long: 150, nightly: 3000 });
const EXAMPLES = 12;
/** Allows for a busy machine. */
const TIMEOUT_MS = rounds({ change: 60_000, long: 300_000, nightly: 3_600_000 });
/** The cost of a parser grows with the number of paths that it follows at once. */
const MOST_WAYS = 60;

const seeds = Array.from({ length: SCHEMAS }, (_, index) => seedFrom(index + 1));

function validator(schema: object): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

describe('grammars of random schemas', () => {
  it('produce only valid values', { timeout: TIMEOUT_MS }, () => {
    for (const seed of seeds) {
      const random = seededRandom(seed);
      const { schema } = randomSchema(random);
      const isValid = validator(schema);
      const grammar = new Gbnf(schemaGrammar(schema));
      for (let count = 0; count < EXAMPLES; count++) {
        const text = grammar.sample(random, 80);
        expect(isValid(JSON.parse(text)), `seed ${seed}: ${text} for ${JSON.stringify(schema)}`).toBe(true);
      }
    }
  });

  it('can fix the white space to one blank behind each colon and comma', { timeout: TIMEOUT_MS }, () => {
    for (const seed of seeds) {
      const random = seededRandom(seed);
      const { schema } = randomSchema(random);
      const isValid = validator(schema);
      const grammar = new Gbnf(compileSchema(schema, 'fixed').grammar);
      for (let count = 0; count < EXAMPLES; count++) {
        const text = grammar.sample(random, 80);
        const context = `seed ${seed}: ${text} for ${JSON.stringify(schema)}`;
        expect(isValid(JSON.parse(text)), context).toBe(true);
        const outsideOfStrings = text.replaceAll(/"(?:\\.|[^"\\])*"/g, '""');
        expect(outsideOfStrings, context).not.toMatch(/(?<![,:])\s|[,:](?! )/);
      }
    }
  });

  it('accept valid values and refuse invalid mutations of them', { timeout: TIMEOUT_MS }, () => {
    let refused = 0;
    for (const seed of seeds) {
      const random = seededRandom(seed);
      const { schema, example } = randomSchema(random);
      const isValid = validator(schema);
      const grammar = new Gbnf(schemaGrammar(schema));
      for (let count = 0; count < EXAMPLES; count++) {
        const value = example();
        const context = `seed ${seed}: ${JSON.stringify(value)} for ${JSON.stringify(schema)}`;
        expect([isValid(value), grammar.accepts(JSON.stringify(value))], context).toEqual([true, true]);
        const other = mutated(value, random);
        if (isValid(other)) continue;
        refused++;
        expect(grammar.accepts(JSON.stringify(other)), `${JSON.stringify(other)}, changed ${context}`).toBe(
          false,
        );
      }
      expect(grammar.widest, `seed ${seed}`).toBeLessThan(MOST_WAYS);
    }
    expect(refused).toBeGreaterThan(SCHEMAS);
  });
});
