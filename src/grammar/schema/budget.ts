import { OllamaError } from '../../base/errors.ts';

/**
 * The limits of one schema. Real schemas stay far below them. A grammar that reaches all of them takes a second to
 * compile, and some tens of megabytes in addition to the model.
 */
const limits = {
  /** Objects, arrays and other values in the JSON of the schema itself. */
  values: 20_000,
  /** Characters in the names and strings of the schema. */
  characters: 200_000,
  /** Combinations that `anyOf`, `oneOf`, `allOf` and `$ref` produce. */
  combinations: 5000,
  /** Rules of the grammar: the maximum that the engine accepts. */
  rules: 5000,
  /** Steps to build the automata of patterns, formats and number ranges. */
  steps: 300_000,
} as const;

export type Cost = keyof typeof limits;

const meanings: Readonly<Record<Cost, string>> = {
  values: 'it has more than',
  characters: 'its names and strings have more than',
  combinations: 'its anyOf, oneOf, allOf and $ref produce more than',
  rules: 'its grammar has more than',
  steps: 'its patterns, lengths and ranges take more than',
};

/** Counts what the compilation of one schema takes, so that no schema can block the server. */
export class Budget {
  readonly #spent: Record<Cost, number> = { values: 0, characters: 0, combinations: 0, rules: 0, steps: 0 };

  /** @throws OllamaError `invalid-request` above the limit */
  spend(cost: Cost, amount: number): void {
    this.#spent[cost] += amount;
    if (this.#spent[cost] > limits[cost]) throw tooComplex(`${meanings[cost]} ${limits[cost]} ${cost}`);
  }
}

export function tooComplex(reason: string): OllamaError {
  return new OllamaError('invalid-request', `format: the JSON schema is too complex: ${reason}; simplify it`);
}
