/** JSON that a user types: parsed with the place of each value, so that a problem can be shown where it is. */
import type { JsonObject } from '../../base/json-object.ts';

/** Nobody types more by hand; a schema of this size is compiled in seconds. */
export const MAX_JSON_CHARACTERS = 256 * 1024;
/** Deeper values would overflow the stack of this parser, and no schema needs them. */
const MAX_DEPTH = 64;

type JsonProblem =
  | 'empty'
  | 'tooLong'
  | 'tooDeep'
  | 'value'
  | 'text'
  | 'escape'
  | 'number'
  | 'name'
  | 'colon'
  | 'comma'
  | 'twice'
  | 'end';

/** A place in a text; both count from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

export type ParsedJson =
  | { readonly value: unknown; readonly placeOf: (path: readonly (string | number)[]) => TextPlace }
  | { readonly problem: JsonProblem; readonly place: TextPlace };

class JsonFault extends Error {
  readonly problem: JsonProblem;
  readonly at: number;

  constructor(problem: JsonProblem, at: number) {
    super(problem);
    this.problem = problem;
    this.at = at;
  }
}

/** Parses strict JSON. Member names that occur twice are refused: one of them would be lost. */
export function parseJson(text: string): ParsedJson {
  if (text.length > MAX_JSON_CHARACTERS) return { problem: 'tooLong', place: { line: 1, column: 1 } };
  const reader = new JsonReader(text);
  try {
    const value = reader.readAll();
    return { value, placeOf: (path) => placeAt(text, reader.offsetOf(path)) };
  } catch (error) {
    if (error instanceof JsonFault) return { problem: error.problem, place: placeAt(text, error.at) };
    throw error;
  }
}

function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - start + 1 };
}

const spaces = /[ \t\r\n]*/y;
const numbers = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plainText = /(?:[^"\\\p{Cc}]|[\u007f-\u009f])*/uy;
const escapes = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const words: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class JsonReader {
  readonly #text: string;
  readonly #offsets = new Map<string, number>();
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where a value begins; of a value that is not there, where the nearest one around it begins. */
  offsetOf(path: readonly (string | number)[]): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const found = this.#offsets.get(JSON.stringify(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return 0;
  }

  readAll(): unknown {
    this.#match(spaces);
    if (this.#at === this.#text.length) throw new JsonFault('empty', 0);
    const value = this.#value();
    this.#match(spaces);
    if (this.#at < this.#text.length) throw new JsonFault('end', this.#at);
    return value;
  }

  #value(): unknown {
    if (this.#path.length > MAX_DEPTH) throw new JsonFault('tooDeep', this.#at);
    this.#offsets.set(JSON.stringify(this.#path), this.#at);
    const first = this.#text[this.#at];
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    if (first === '"') return this.#string();
    for (const [word, value] of words) if (this.#take(word)) return value;
    if (first === undefined || !/[-\d]/.test(first)) throw new JsonFault('value', this.#at);
    const start = this.#at;
    const digits = this.#match(numbers);
    if (digits === '' || /[\w.+-]/.test(this.#text[this.#at] ?? '')) throw new JsonFault('number', start);
    return Number(digits);
  }

  #object(): JsonObject {
    const members = new Map<string, unknown>();
    this.#at += 1;
    this.#match(spaces);
    if (this.#take('}')) return {};
    for (;;) {
      this.#match(spaces);
      const start = this.#at;
      if (this.#text[start] !== '"') throw new JsonFault('name', start);
      const name = this.#string();
      if (members.has(name)) throw new JsonFault('twice', start);
      this.#match(spaces);
      if (!this.#take(':')) throw new JsonFault('colon', this.#at);
      members.set(name, this.#member(name));
      if (this.#take('}')) return Object.fromEntries(members);
      if (!this.#take(',')) throw new JsonFault('comma', this.#at);
    }
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    this.#at += 1;
    this.#match(spaces);
    if (this.#take(']')) return items;
    for (;;) {
      items.push(this.#member(items.length));
      if (this.#take(']')) return items;
      if (!this.#take(',')) throw new JsonFault('comma', this.#at);
    }
  }

  #member(name: string | number): unknown {
    this.#match(spaces);
    this.#path.push(name);
    const value = this.#value();
    this.#path.pop();
    this.#match(spaces);
    return value;
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      this.#match(plainText);
      if (this.#take('"')) return JSON.parse(this.#text.slice(start, this.#at)) as string;
      if (this.#text[this.#at] !== '\\') throw new JsonFault('text', start);
      if (this.#match(escapes) === '') throw new JsonFault('escape', this.#at);
    }
  }

  #take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}
