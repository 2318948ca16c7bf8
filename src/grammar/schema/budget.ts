import { OllamaError } from '../../base/errors.ts';

/**
 * The limits of one schema. Real schemas stay far below them. A grammar that reaches all of them takes a second to
 * compile, and some tens of megabytes in addition to the model. They count work rather than time, so that a busy machine
 * gives the same answer as an idle one.
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

/** Limits of all schemas of one grammar together, such as those of many tools. */
const limitsTogether: Partial<Record<Cost, number>> = { combinations: 10_000, steps: 600_000 };

const meanings: Readonly<Record<Cost, string>> = {
  values: 'it has more than',
  characters: 'its names and strings have more than',
  combinations: 'its anyOf, oneOf, allOf and $ref produce more than',
  rules: 'its grammar has more than',
  steps: 'its patterns, lengths and ranges take more than',
};

/** Counts what the compilation of one schema takes, so that no schema can block the server. */
export class Budget {
  readonly #limits: Partial<Record<Cost, number>>;
  readonly #whole: Budget | undefined;
  readonly #spent: Record<Cost, number> = { values: 0, characters: 0, combinations: 0, rules: 0, steps: 0 };

  /** @param whole the budget of a grammar of several schemas, which pays as well */
  constructor(whole?: Budget, own: Partial<Record<Cost, number>> = limits) {
    this.#whole = whole;
    this.#limits = own;
  }

  /** The budget of all schemas of one grammar. */
  static together(): Budget {
    return new Budget(undefined, limitsTogether);
  }

  /** @throws OllamaError `invalid-request` above the limit */
  spend(cost: Cost, amount: number): void {
    this.#spent[cost] += amount;
    const limit = this.#limits[cost] ?? Number.POSITIVE_INFINITY;
    if (this.#spent[cost] > limit) throw tooComplex(`${meanings[cost]} ${limit} ${cost}`);
    this.#whole?.spend(cost, amount);
  }
}

export function tooComplex(reason: string): OllamaError {
  return new OllamaError('invalid-request', `format: the JSON schema is too complex: ${reason}; simplify it`);
}
