/** Random GBNF grammars, with recursion, every kind of repetition, and characters of one to four bytes. */

const characters = ['a', 'b', 'c', '1', ' ', '"', '{', 'é', 'ß', '漢', '字', '😀', '😁'];
const ranges = ['a-c', '0-9', 'à-ÿ', '一-龯', '😀-😏', 'a', '1', ' ', 'é', '漢', '\\x22', '\\n'];
const MOST_PARTS = 4;

/**
 * The text of a grammar with a rule `root`. It may be one that engines refuse: a loop over a part that may be empty, or
 * a rule that begins with itself.
 */
export function randomGrammar(random: () => number): string {
  const count = 1 + Math.floor(random() * MOST_PARTS);
  const names = Array.from({ length: count }, (_, index) => (index === 0 ? 'root' : `r${index}`));
  const writer = new GrammarText(random, names);
  return names.map((name, index) => `${name} ::= ${writer.choice(index, 3)}\n`).join('');
}

class GrammarText {
  readonly #random: () => number;
  readonly #names: readonly string[];

  constructor(random: () => number, names: readonly string[]) {
    this.#random = random;
    this.#names = names;
  }

  choice(rule: number, depth: number): string {
    const alternatives = Array.from({ length: 1 + this.#below(3) }, () => this.#sequence(rule, depth));
    return alternatives.join(' | ');
  }

  #sequence(rule: number, depth: number): string {
    const length = this.#random() < 0.08 ? 0 : 1 + this.#below(MOST_PARTS);
    const parts = Array.from(
      { length },
      (_, index) => this.#item(rule, depth, index > 0) + this.#repetition(),
    );
    return length === 0 ? '""' : parts.join(' ');
  }

  #item(rule: number, depth: number, mayRecur: boolean): string {
    const kind = this.#random();
    if (kind < 0.3) return `"${this.#literal()}"`;
    if (kind < 0.5) return this.#class();
    if (kind < 0.54) return '.';
    if (kind < 0.75 && depth > 0) return `(${this.choice(rule, depth - 1)})`;
    const first = mayRecur ? 0 : rule + 1;
    const name = this.#names[first + this.#below(this.#names.length - first)];
    return name ?? `"${this.#literal()}"`;
  }

  #class(): string {
    const chosen = Array.from({ length: 1 + this.#below(3) }, () => this.#pick(ranges));
    return `[${this.#random() < 0.3 ? '^' : ''}${chosen.join('')}]`;
  }

  #literal(): string {
    const text = Array.from({ length: 1 + this.#below(3) }, () => this.#pick(characters)).join('');
    return text.replaceAll('"', '\\"');
  }

  #repetition(): string {
    const least = this.#below(4);
    if (this.#random() < 0.6) return '';
    return this.#pick(['*', '+', '?', `{${least}}`, `{${least},}`, `{${least},${least + this.#below(30)}}`]);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(values: readonly T[]): T {
    const value = values[this.#below(values.length)];
    if (value === undefined) throw new Error('there must be something to pick from');
    return value;
  }
}
