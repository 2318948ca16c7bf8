import { choice, type Expression, empty, isEmpty, isNever, never, rule, sequence } from './expression.ts';

/** Rule names consist of letters, digits and hyphens; the names that llama.cpp generates contain an underscore. */
const foreignCharacters = /[^a-zA-Z0-9]+/g;
/** llama.cpp refuses more repetitions than this, and treats a higher upper limit as unlimited. */
const MAX_REPETITIONS = 2000;
/** Hints only make the grammar readable. */
const MAX_HINT_CHARACTERS = 40;

/** The rules of one grammar. Equal expressions share one rule. */
export class RuleBook {
  readonly rules = new Map<string, Expression>();
  readonly #known = new Map<string, string>();
  readonly #shared = new Map<string, string>();
  readonly #spend: (amount: number) => void;
  #count = 0;

  /** @param spend is called for each new rule; throws when there are too many */
  constructor(spend: (amount: number) => void) {
    this.#spend = spend;
  }

  /** A book with these rules alone, by the names that they have here; later rules get other names. */
  only(rules: ReadonlyMap<string, Expression>): RuleBook {
    const book = new RuleBook(() => undefined);
    for (const [name, expression] of rules) book.rules.set(name, expression);
    for (const [key, name] of this.#known) if (rules.has(name)) book.#known.set(key, name);
    for (const [name, own] of this.#shared) if (rules.has(own)) book.#shared.set(name, own);
    book.#count = this.#count;
    return book;
  }

  /**
   * A book that begins with the same rules; neither changes the other.
   * @param spend is called with the number of rules there are, then for each new one
   */
  copy(spend: (amount: number) => void): RuleBook {
    const copy = new RuleBook(spend);
    spend(this.rules.size);
    for (const [name, expression] of this.rules) copy.rules.set(name, expression);
    for (const [key, name] of this.#known) copy.#known.set(key, name);
    for (const [name, own] of this.#shared) copy.#shared.set(name, own);
    copy.#count = this.#count;
    return copy;
  }

  /** Defines a rule for the expression, named after the hint. Returns rules, and what never matches, as they are. */
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

  /** Returns a new rule name that the body of the rule may already use. `complete` must be called for it later. */
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

  /** Builds the rule on the first call with this name, and returns the same rule on later calls. */
  shared(name: string, build: () => Expression): Expression {
    const known = this.#shared.get(name);
    if (known !== undefined) return rule(known);
    const own = this.reserve(name);
    this.#shared.set(name, own);
    this.complete(own, build());
    return rule(own);
  }

  /** llama.cpp copies a repeated part, so a part longer than one element becomes a rule of its own. */
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
