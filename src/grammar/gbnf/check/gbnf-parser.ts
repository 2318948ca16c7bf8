/** Reads GBNF (llama.cpp, grammars/README.md). Its work is linear in the text and in what the writer makes of it. */
import type { Alternative, GrammarSymbol, GrammarWriter } from './grammar-writer.ts';
import { refuseGrammar } from './refusal.ts';

/** Far longer than any grammar that people write; a tenth of a second to read. */
const MAX_CHARACTERS = 500_000;
/** The engine reads nested groups by recursion, and so does this parser. */
const MAX_NESTING = 500;
/** llama.cpp refuses more. */
export const MAX_REPETITIONS = 2000;
/** Characters of the grammar that a syntax error quotes. */
const QUOTED_CHARACTERS = 20;

const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const plainEscapes: Readonly<Record<string, string>> = {
  t: '\t',
  r: '\r',
  n: '\n',
  '\\': '\\',
  '"': '"',
  '[': '[',
  ']': ']',
  '-': '-',
};
const names = /[a-zA-Z0-9-]+/y;
const digits = /[0-9]+/y;
const blanks = /[ \t]*/y;
const blanksAndLines = /[ \t\r\n]*/y;
const comment = /#[^\r\n]*/y;
const token = /<(?:\[([0-9]+)\]|[^>\0]*)>/y;

/**
 * Passes the rules of a grammar to a writer.
 * @throws OllamaError `invalid-request` naming what is not GBNF, or above the limits
 */
export function parseGbnf(grammar: string, writer: GrammarWriter): void {
  if (grammar.length > MAX_CHARACTERS) {
    throw refuseGrammar(undefined, `has more than ${MAX_CHARACTERS} characters: shorten it`);
  }
  if (grammar.includes('\0')) throw refuseGrammar(undefined, 'contains the character NUL: remove it');
  if (grammar.trim() === '') throw refuseGrammar(undefined, 'is empty');
  new GbnfParser(grammar, writer).parse();
}

/** The symbols of one alternative, and where its last item begins. */
interface Sequence {
  readonly symbols: GrammarSymbol[];
  last: number;
}

class GbnfParser {
  readonly #text: string;
  readonly #writer: GrammarWriter;
  #at = 0;
  #ruleName = '';
  #depth = 0;

  constructor(text: string, writer: GrammarWriter) {
    this.#text = text;
    this.#writer = writer;
  }

  parse(): void {
    this.#skip(true);
    while (this.#at < this.#text.length) this.#rule();
    if (this.#writer.find('root') === undefined) {
      throw refuseGrammar(undefined, 'has no rule named "root": name its first rule "root"');
    }
    const missing = this.#writer.undefinedRule();
    if (missing !== undefined) throw refuseGrammar(missing, 'is used but not defined: add it');
  }

  #rule(): void {
    this.#ruleName = this.#match(names) ?? this.#fail('a rule name');
    this.#skip(false);
    if (!this.#take('::=')) this.#fail('"::="');
    const id = this.#writer.idOf(this.#ruleName);
    this.#skip(true);
    this.#writer.define(id, this.#alternatives(false));
    if (this.#at < this.#text.length && !/[\r\n]/.test(this.#text[this.#at] ?? '')) {
      this.#fail('the end of the line');
    }
    this.#skip(true);
  }

  #alternatives(isNested: boolean): readonly Alternative[] {
    const found = [this.#sequence(isNested)];
    while (this.#take('|')) {
      this.#skip(true);
      found.push(this.#sequence(isNested));
    }
    this.#spend(found.length);
    return found;
  }

  #sequence(isNested: boolean): Alternative {
    const sequence: Sequence = { symbols: [], last: 0 };
    while (this.#item(sequence)) this.#skip(isNested);
    return sequence.symbols;
  }

  /** @returns false at the end of the sequence */
  #item(sequence: Sequence): boolean {
    const character = this.#text[this.#at];
    if (character === '*' || character === '+' || character === '?' || character === '{') {
      this.#repeat(sequence, this.#counts());
      return true;
    }
    const symbols = this.#symbols(character);
    if (symbols === undefined) return false;
    sequence.last = sequence.symbols.length;
    for (const symbol of symbols) {
      this.#spend(this.#writer.weightOf(symbol));
      sequence.symbols.push(symbol);
    }
    return true;
  }

  #symbols(character: string | undefined): GrammarSymbol[] | undefined {
    if (character === '"') return this.#literal();
    if (character === '[') return this.#class();
    if (character === '(') return [this.#group()];
    if (character === '.') {
      this.#at++;
      return [this.#writer.characters([], true)];
    }
    if (character === '<' || character === '!') return [this.#token()];
    const name = this.#match(names);
    return name === undefined ? undefined : [this.#writer.idOf(name)];
  }

  #literal(): GrammarSymbol[] {
    this.#at++;
    const symbols: GrammarSymbol[] = [];
    while (!this.#take('"')) {
      const codePoint = this.#character();
      symbols.push(this.#writer.characters([[codePoint, codePoint]], false));
    }
    return symbols;
  }

  #class(): GrammarSymbol[] {
    this.#at++;
    const isNegated = this.#take('^');
    const ranges: [number, number][] = [];
    while (!this.#take(']')) {
      const first = this.#character();
      const isRange = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']';
      if (isRange) this.#at++;
      ranges.push([first, isRange ? this.#character() : first]);
    }
    if (ranges.length === 0) return [];
    this.#spend(2 * ranges.length);
    return [this.#writer.characters(ranges, isNegated)];
  }

  #token(): GrammarSymbol {
    const isNegated = this.#take('!');
    const start = this.#at;
    const id = this.#match(token, 1);
    const text = this.#text.slice(start, this.#at);
    if (text === '') this.#fail('a token such as <[12]>');
    return this.#writer.token(text, id === undefined ? undefined : Number(id), isNegated);
  }

  #group(): GrammarSymbol {
    if (++this.#depth > MAX_NESTING) {
      throw refuseGrammar(this.#ruleName, `nests more than ${MAX_NESTING} groups: use rules instead`);
    }
    this.#at++;
    this.#skip(true);
    const id = this.#writer.addHelper(this.#ruleName);
    this.#writer.define(id, this.#alternatives(true));
    if (!this.#take(')')) this.#fail('")"');
    this.#depth--;
    return id;
  }

  #counts(): readonly [least: number, most: number] {
    const sign = this.#text[this.#at++];
    if (sign === '*') return [0, Number.POSITIVE_INFINITY];
    if (sign === '+') return [1, Number.POSITIVE_INFINITY];
    if (sign === '?') return [0, 1];
    this.#skip(true);
    const least = Number(this.#match(digits) ?? this.#fail('a number'));
    this.#skip(true);
    let most = least;
    if (this.#take(',')) {
      this.#skip(true);
      most = Number(this.#match(digits) ?? Number.POSITIVE_INFINITY);
      this.#skip(true);
    }
    if (!this.#take('}')) this.#fail('"}"');
    if (least > most) {
      const problem = `has the repetition {${least},${most}}, whose minimum is greater than its maximum: exchange them`;
      throw refuseGrammar(this.#ruleName, problem);
    }
    if (least > MAX_REPETITIONS) {
      const problem = `repeats a part at least ${least} times, more than ${MAX_REPETITIONS}: lower the count`;
      throw refuseGrammar(this.#ruleName, problem);
    }
    return [least, most];
  }

  #repeat({ symbols, last }: Sequence, [least, most]: readonly [number, number]): void {
    const part = symbols.slice(last);
    if (part.length === 0) this.#fail('an item before the repetition');
    symbols.length = last;
    for (const symbol of this.#writer.repeat(this.#ruleName, part, least, most)) symbols.push(symbol);
  }

  #character(): number {
    const codePoint = this.#text.codePointAt(this.#at);
    if (codePoint === undefined || codePoint === 0) this.#fail('a character');
    this.#at += codePoint > 0xff_ff ? 2 : 1;
    if (codePoint !== 0x5c) return codePoint;
    const letter = this.#text[this.#at++] ?? '';
    const length = hexDigits[letter];
    if (length === undefined) {
      return plainEscapes[letter]?.charCodeAt(0) ?? this.#fail('an escape such as \\n, \\x41 or \\u0041');
    }
    const hex = this.#text.slice(this.#at, this.#at + length);
    if (hex.length < length || !/^[0-9A-Fa-f]+$/.test(hex)) this.#fail(`${length} hexadecimal digits`);
    this.#at += length;
    return Number.parseInt(hex, 16);
  }

  #spend(elements: number): void {
    this.#writer.spend(this.#ruleName, elements);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** @returns the match, or one of its groups; undefined when there is none */
  #match(pattern: RegExp, group = 0): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[group];
  }

  /** Skips white space and comments. */
  #skip(overLines: boolean): void {
    do this.#match(overLines ? blanksAndLines : blanks);
    while (this.#match(comment) !== undefined);
  }

  #fail(expected: string): never {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    const rest = JSON.stringify(this.#text.slice(this.#at, this.#at + QUOTED_CHARACTERS));
    throw refuseGrammar(undefined, `is not valid GBNF: line ${line} needs ${expected} at ${rest}`);
  }
}
