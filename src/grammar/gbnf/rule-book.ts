import { choice, type Expression, empty, isEmpty, isNever, never, rule, sequence } from './expression.ts';

/** A rule's name: letters, digits and hyphens; llama.cpp itself makes up names with an underscore. */
const foreignCharacters = /[^a-zA-Z0-9]+/g;
/** llama.cpp refuses to repeat more often, and takes a higher upper limit for none. */
const MAX_REPETITIONS = 2000;
/** Only for reading the grammar. */
const MAX_HINT_CHARACTERS = 40;

/** The rules of one grammar. Equal rules are one rule. */
export class RuleBook {
  readonly rules = new Map<string, Expression>();
  readonly #known = new Map<string, string>();
  readonly #shared = new Map<string, string>();
  readonly #spend: (amount: number) => void;
  #count = 0;

  /** @param spend is told of each new rule; throws when there are too many */
  constructor(spend: (amount: number) => void) {
    this.#spend = spend;
  }

  /**
   * A book that begins with the same rules; neither changes the other.
   * @param spend is told of the rules that there are, then of each new one
   */
  copy(spend: (amount: number) => void): RuleBook {
    const copy = new RuleBook(spend);
    spend(this.#count);
    for (const [name, expression] of this.rules) copy.rules.set(name, expression);
    for (const [key, name] of this.#known) copy.#known.set(key, name);
    for (const [name, own] of this.#shared) copy.#shared.set(name, own);
    copy.#count = this.#count;
    return copy;
  }

  /** A rule for the expression, named after the hint, unless it is short or never matches. */
  define(hint: string, expression: Expression): Expression {
    if (expression.kind === 'rule' || isNever(expression)) return expression;
    const key = JSON.stringify(expression);
    const known = this.#known.get(key);
    if (known !== undefined) return rule(known);
    const name = this.reserve(hint);
    this.rules.set(name, expression);
    this.#known.set(key, name);
    return rule(name);
  }

  /** A new name, for a rule that its own body may mention: `complete` must follow. */
  reserve(hint: string): string {
    this.#spend(1);
    const readable = hint
      .replace(foreignCharacters, '-')
      .slice(-MAX_HINT_CHARACTERS)
      .replace(/^-+|-+$/g, '');
    return `${readable || 'rule'}-${++this.#count}`;
  }

  complete(name: string, expression: Expression): void {
    this.rules.set(name, expression);
  }

  /** The same rule for every caller with this name. */
  shared(name: string, build: () => Expression): Expression {
    const known = this.#shared.get(name);
    if (known !== undefined) return rule(known);
    const own = this.reserve(name);
    this.#shared.set(name, own);
    this.complete(own, build());
    return rule(own);
  }

  /** Repetition copies its part, so a longer one becomes a rule. */
  repeat(part: Expression, minimum: number, maximum: number): Expression {
    if (isNever(part)) return minimum === 0 ? empty : never;
    if (maximum === 0 || isEmpty(part)) return empty;
    if (minimum === 1 && maximum === 1) return part;
    const isOne = part.kind === 'characters' || part.kind === 'rule';
    const one = isOne ? part : this.define('part', part);
    if (maximum <= MAX_REPETITIONS || (maximum === Infinity && minimum <= MAX_REPETITIONS))
      return { kind: 'repeat', part: one, minimum, maximum };
    if (minimum > MAX_REPETITIONS)
      return sequence(
        this.repeat(one, MAX_REPETITIONS, MAX_REPETITIONS),
        this.repeat(one, minimum - MAX_REPETITIONS, maximum - MAX_REPETITIONS),
      );
    if (minimum > 0)
      return sequence(this.repeat(one, minimum, minimum), this.repeat(one, 0, maximum - minimum));
    const full = sequence(
      this.repeat(one, MAX_REPETITIONS, MAX_REPETITIONS),
      this.repeat(one, 0, maximum - MAX_REPETITIONS),
    );
    return this.define('repeat', choice([this.repeat(one, 0, MAX_REPETITIONS - 1), full]));
  }

  optional(part: Expression): Expression {
    return this.repeat(part, 0, 1);
  }
}
