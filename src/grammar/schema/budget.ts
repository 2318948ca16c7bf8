import { OllamaError } from '../../base/errors.ts';

/**
 * What one schema may cost. Real schemas stay far below; a grammar at all limits takes a second to compile and
 * some tens of megabytes beside the model.
 */
const limits = {
  /** Objects, arrays and values of the schema's own JSON. */
  values: 20_000,
  /** Of names and strings in it. */
  characters: 200_000,
  /** Combinations of `anyOf`, `oneOf`, `allOf` and `$ref`. */
  combinations: 5000,
  /** Rules of the grammar: as many as the engine takes. */
  rules: 5000,
  /** Steps to make automata of patterns, formats and number ranges. */
  steps: 300_000,
} as const;

export type Cost = keyof typeof limits;

const meanings: Readonly<Record<Cost, string>> = {
  values: 'it has more than',
  characters: 'its names and strings have more than',
  combinations: 'its anyOf, oneOf, allOf and $ref combine to more than',
  rules: 'its grammar has more than',
  steps: 'its patterns, lengths and ranges take more than',
};

/** Counts what compiling one schema takes, so that no schema can keep the server busy. */
export class Budget {
  readonly #spent: Record<Cost, number> = { values: 0, characters: 0, combinations: 0, rules: 0, steps: 0 };

  /** @throws OllamaError `invalid-request` over the limit */
  spend(cost: Cost, amount: number): void {
    this.#spent[cost] += amount;
    if (this.#spent[cost] > limits[cost]) throw tooComplex(`${meanings[cost]} ${limits[cost]} ${cost}`);
  }
}

export function tooComplex(reason: string): OllamaError {
  return new OllamaError('invalid-request', `format: the JSON schema is too complex: ${reason}; simplify it`);
}
