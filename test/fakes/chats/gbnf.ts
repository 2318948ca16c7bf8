/**
 * GBNF without llama.cpp (its grammars/README.md has the syntax): decides whether a grammar accepts a text, and
 * generates texts that it accepts.
 */
type Node =
  | {
      readonly kind: 'characters';
      readonly ranges: readonly (readonly [number, number])[];
      readonly negated: boolean;
    }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly minimum: number; readonly maximum: number };

/** What is still to be matched. */
interface Stack {
  readonly id: number;
  readonly top: Node;
  readonly rest: Stack | undefined;
}

const simpleEscapes: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };
/** llama.cpp's own limit. */
const MAX_REPETITIONS = 2000;

export class Gbnf {
  readonly #rules = new Map<string, Node>();
  readonly #stacks = new Map<string, Stack>();
  readonly #nodeIds = new Map<Node, number>();
  readonly #heights = new Map<string, number>();
  /** Maximum number of alternatives followed at once so far. */
  widest = 0;

  /** @throws Error for bad syntax, a missing rule, or a rule that begins with itself */
  constructor(grammar: string) {
    for (const line of grammar.split('\n').filter((text) => text !== '')) {
      const [, name, body] = /^([a-zA-Z0-9-]+) ::= (.*)$/.exec(line) ?? [];
      if (name === undefined || body === undefined) throw new Error(`no rule: ${line}`);
      if (this.#rules.has(name)) throw new Error(`two rules ${name}`);
      this.#rules.set(name, new RuleParser(body).parse());
    }
    this.#measureHeights();
  }

  accepts(text: string): boolean {
    let stacks = this.#settle([this.#stack(this.#rule('root'), undefined)]);
    for (const character of text) {
      const codePoint = character.codePointAt(0) ?? 0;
      const next = [...stacks].flatMap((stack) =>
        stack !== undefined && matches(stack.top, codePoint) ? [stack.rest] : [],
      );
      stacks = this.#settle(next);
      this.widest = Math.max(this.widest, stacks.size);
    }
    return stacks.has(undefined);
  }

  /**
   * @param random returns numbers from 0 up to, but not including, 1
   * @param size number of grammar nodes before only the shortest alternatives are chosen
   */
  sample(random: () => number, size: number): string {
    let left = size;
    const write = (node: Node): string => {
      left--;
      switch (node.kind) {
        case 'characters':
          return pick(node, random);
        case 'rule':
          return write(this.#rule(node.name));
        case 'sequence':
          return node.parts.map(write).join('');
        case 'choice': {
          const shortest = node.options.reduce((best, option) =>
            this.#height(option) < this.#height(best) ? option : best,
          );
          const free = node.options[Math.floor(random() * node.options.length)] ?? shortest;
          return write(left > 0 && this.#height(free) < 1e6 ? free : shortest);
        }
        case 'repeat': {
          const more = left > 0 ? Math.floor(random() * Math.min(6, node.maximum - node.minimum + 1)) : 0;
          return Array.from({ length: node.minimum + more }, () => write(node.part)).join('');
        }
      }
    };
    return write(this.#rule('root'));
  }

  #rule(name: string): Node {
    const body = this.#rules.get(name);
    if (body === undefined) throw new Error(`no rule ${name}`);
    return body;
  }

  #stack(top: Node, rest: Stack | undefined): Stack {
    const node = this.#nodeIds.get(top) ?? this.#nodeIds.size;
    this.#nodeIds.set(top, node);
    const key =
      top.kind === 'repeat' ? `${this.#idOf(top.part)}{${top.minimum},${top.maximum}}` : String(node);
    const full = `${key} ${rest?.id ?? '-'}`;
    const known = this.#stacks.get(full);
    if (known !== undefined) return known;
    const stack = { id: this.#stacks.size, top, rest };
    this.#stacks.set(full, stack);
    return stack;
  }

  #idOf(node: Node): number {
    const id = this.#nodeIds.get(node) ?? this.#nodeIds.size;
    this.#nodeIds.set(node, id);
    return id;
  }

  /** Expands stacks up to the characters that may come next; undefined stands for the end of the text. */
  #settle(from: readonly (Stack | undefined)[]): Set<Stack | undefined> {
    const seen = new Set<Stack | undefined>();
    const settled = new Set<Stack | undefined>();
    const waiting = [...from];
    while (waiting.length > 0) {
      const stack = waiting.pop();
      if (seen.has(stack)) continue;
      seen.add(stack);
      if (stack === undefined || stack.top.kind === 'characters') settled.add(stack);
      else waiting.push(...this.#expand(stack.top, stack.rest));
    }
    return settled;
  }

  #expand(node: Node, rest: Stack | undefined): (Stack | undefined)[] {
    switch (node.kind) {
      case 'rule':
        return [this.#stack(this.#rule(node.name), rest)];
      case 'sequence':
        return [node.parts.reduceRight<Stack | undefined>((next, part) => this.#stack(part, next), rest)];
      case 'choice':
        return node.options.map((option) => this.#stack(option, rest));
      case 'repeat': {
        const { part, minimum, maximum } = node;
        const less = {
          kind: 'repeat',
          part,
          minimum: Math.max(0, minimum - 1),
          maximum: maximum - 1,
        } as const;
        const again = maximum > 0 ? [this.#stack(part, maximum > 1 ? this.#stack(less, rest) : rest)] : [];
        return minimum === 0 ? [...again, rest] : again;
      }
      case 'characters':
        return [];
    }
  }

  /** Measures the derivation depth of each rule's shortest text; also finds missing rules. */
  #measureHeights(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const [name, body] of this.#rules) {
        const height = 1 + this.#height(body);
        if (height >= (this.#heights.get(name) ?? Infinity)) continue;
        this.#heights.set(name, height);
        changed = true;
      }
    }
    const endless = [...this.#rules.keys()].filter((name) => !this.#heights.has(name));
    if (endless.length > 0) throw new Error(`rules without an end: ${endless.join()}`);
  }

  #height(node: Node): number {
    switch (node.kind) {
      case 'characters':
        return 0;
      case 'rule':
        this.#rule(node.name);
        return this.#heights.get(node.name) ?? Infinity;
      case 'sequence':
        return Math.max(0, ...node.parts.map((part) => this.#height(part)));
      case 'choice':
        return Math.min(...node.options.map((option) => this.#height(option)));
      case 'repeat':
        return node.minimum === 0 ? 0 : this.#height(node.part);
    }
  }
}

function matches(node: Node, codePoint: number): boolean {
  if (node.kind !== 'characters') return false;
  const found = node.ranges.some(([first, last]) => first <= codePoint && codePoint <= last);
  return found !== node.negated;
}

function pick(node: Node & { kind: 'characters' }, random: () => number): string {
  const [first, last] = node.ranges[Math.floor(random() * node.ranges.length)] ?? [0x61, 0x61];
  // Mostly letters near the beginning of a range, so that texts stay readable.
  const width = random() < 0.95 ? Math.min(last - first, 90) : last - first;
  return String.fromCodePoint(first + Math.floor(random() * (width + 1)));
}

class RuleParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#text.length) throw this.#wrong();
    return node;
  }

  #choice(): Node {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return { kind: 'choice', options };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (;;) {
      this.#skipBlanks();
      const next = this.#text[this.#at];
      if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts };
      parts.push(this.#repeated(this.#item()));
    }
  }

  #item(): Node {
    if (this.#take('"')) return this.#literal();
    if (this.#take('[')) return this.#characters();
    if (this.#take('(')) {
      const node = this.#choice();
      if (!this.#take(')')) throw this.#wrong();
      return node;
    }
    const name = /^[a-zA-Z0-9-]+/.exec(this.#text.slice(this.#at))?.[0];
    if (name === undefined) throw this.#wrong();
    this.#at += name.length;
    return { kind: 'rule', name };
  }

  #repeated(part: Node): Node {
    const found = /^ *(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})/.exec(this.#text.slice(this.#at));
    if (found === null) return part;
    this.#at += found[0].length;
    const [, sign, least, comma, most] = found;
    const minimum = sign === undefined ? Number(least) : sign === '+' ? 1 : 0;
    const open = sign === '?' ? 1 : sign !== undefined || comma !== undefined ? Infinity : minimum;
    const maximum = most ? Number(most) : open;
    if (minimum > MAX_REPETITIONS || (maximum > MAX_REPETITIONS && maximum !== Infinity)) throw this.#wrong();
    return { kind: 'repeat', part, minimum, maximum };
  }

  #literal(): Node {
    const parts: Node[] = [];
    while (!this.#taken('"')) {
      const codePoint = this.#character();
      parts.push({ kind: 'characters', ranges: [[codePoint, codePoint]], negated: false });
    }
    return { kind: 'sequence', parts };
  }

  #characters(): Node {
    const negated = this.#taken('^');
    const ranges: (readonly [number, number])[] = [];
    while (!this.#taken(']')) {
      const first = this.#character();
      const isRange = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']';
      if (isRange) this.#at++;
      ranges.push([first, isRange ? this.#character() : first]);
    }
    return { kind: 'characters', ranges, negated };
  }

  #character(): number {
    const codePoint = this.#text.codePointAt(this.#at);
    if (codePoint === undefined) throw this.#wrong();
    this.#at += String.fromCodePoint(codePoint).length;
    if (codePoint !== 0x5c) return codePoint;
    const letter = this.#text[this.#at++] ?? '';
    const digits = { x: 2, u: 4, U: 8 }[letter];
    if (digits !== undefined) {
      const hex = this.#text.slice(this.#at, this.#at + digits);
      if (!/^[0-9A-Fa-f]+$/.test(hex) || hex.length !== digits) throw this.#wrong();
      this.#at += digits;
      return Number.parseInt(hex, 16);
    }
    const meant = simpleEscapes[letter] ?? ('\\"[]-'.includes(letter) ? letter : '');
    if (meant === '') throw this.#wrong();
    return meant.charCodeAt(0);
  }

  #take(text: string): boolean {
    this.#skipBlanks();
    return this.#taken(text);
  }

  #taken(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }

  #wrong(): Error {
    return new Error(`bad syntax at ${this.#at} of ${this.#text}`);
  }
}
