/**
 * Parses JSON with comments, trailing commas and the other freedoms of JSON5 (https://spec.json5.org) into nodes that know
 * their places in the text, so that an editor can change one value and leave the rest as it is.
 */

interface Place {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface JsonMember extends Place {
  readonly key: string;
  readonly value: JsonNode;
}

export interface JsonMap extends Place {
  readonly kind: 'object';
  readonly items: readonly JsonMember[];
}

export interface JsonList extends Place {
  readonly kind: 'array';
  readonly items: readonly JsonNode[];
}

export type JsonNode = JsonMap | JsonList | (Place & { readonly kind: 'scalar'; readonly value: unknown });

/** The text is not JSON. The message has a line, and never a part of the text, which may contain secrets. */
export class JsonSyntaxError extends Error {}

/** Deeper than any settings; it bounds the recursion. */
const MAX_DEPTH = 100;
const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  0: '\0',
};
const words = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const numberPattern = /^[+-]?(?:Infinity|NaN|0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;

/** @returns the index after whitespace and comments that begin at `index` */
export function skipBlank(text: string, index: number): number {
  const blank = /(?:[\s\uFEFF]+|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/)*/y;
  blank.lastIndex = index;
  blank.exec(text);
  return blank.lastIndex;
}

/** @throws JsonSyntaxError */
export function parseJsonText(text: string): JsonNode {
  const parser = new Parser(text);
  const node = parser.value(skipBlank(text, 0), 0);
  const end = skipBlank(text, node.end);
  if (end < text.length) throw parser.error(end, 'there is more text after the end');
  return node;
}

/** The plain value of a node. */
export function plainValue(node: JsonNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'array') return node.items.map(plainValue);
  return Object.fromEntries(node.items.map(({ key, value }) => [key, plainValue(value)]));
}

class Parser {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  error(index: number, problem: string): JsonSyntaxError {
    const line = this.#text.slice(0, index).split('\n').length;
    return new JsonSyntaxError(`line ${line}: ${problem}`);
  }

  value(start: number, depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw this.error(start, `more than ${MAX_DEPTH} levels`);
    switch (this.#text[start]) {
      case '{':
        return this.#object(start, depth);
      case '[':
        return this.#array(start, depth);
      case '"':
      case "'": {
        const { value, end } = this.#string(start);
        return { kind: 'scalar', start, end, value };
      }
      default:
        return this.#word(start);
    }
  }

  #object(start: number, depth: number): JsonNode {
    const items: JsonMember[] = [];
    const end = this.#items(start, '}', (at) => {
      const { value: key, end: keyEnd } = this.#key(at);
      const colon = skipBlank(this.#text, keyEnd);
      if (this.#text[colon] !== ':') throw this.error(colon, 'a colon is missing');
      const value = this.value(skipBlank(this.#text, colon + 1), depth + 1);
      items.push({ key, value, start: at, end: value.end });
      return value.end;
    });
    return { kind: 'object', start, end, items };
  }

  #array(start: number, depth: number): JsonNode {
    const items: JsonNode[] = [];
    const end = this.#items(start, ']', (at) => {
      const item = this.value(at, depth + 1);
      items.push(item);
      return item.end;
    });
    return { kind: 'array', start, end, items };
  }

  /** Reads items up to a closing bracket. @returns the index after it */
  #items(start: number, closing: string, readItem: (at: number) => number): number {
    let at = skipBlank(this.#text, start + 1);
    while (this.#text[at] !== closing) {
      at = skipBlank(this.#text, readItem(at));
      if (this.#text[at] === ',') at = skipBlank(this.#text, at + 1);
      else if (this.#text[at] !== closing) throw this.error(at, `a comma or "${closing}" is missing`);
    }
    return at + 1;
  }

  #key(start: number): { value: string; end: number } {
    if (this.#text[start] === '"' || this.#text[start] === "'") return this.#string(start);
    const name = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
    name.lastIndex = start;
    const value = name.exec(this.#text)?.[0];
    if (value === undefined) throw this.error(start, 'a key is missing');
    return { value, end: start + value.length };
  }

  #string(start: number): { value: string; end: number } {
    const quote = this.#text[start];
    let value = '';
    for (let at = start + 1; at < this.#text.length; at++) {
      const character = this.#text[at];
      if (character === quote) return { value, end: at + 1 };
      if (character === '\n') break;
      if (character !== '\\') value += character;
      else {
        const read = this.#escape(at + 1);
        value += read.text;
        at += read.length;
      }
    }
    throw this.error(start, 'a text does not end');
  }

  #escape(at: number): { text: string; length: number } {
    const code = /^(?:u([\da-fA-F]{4})|x([\da-fA-F]{2}))/.exec(this.#text.slice(at, at + 5));
    const digits = code?.[1] ?? code?.[2];
    if (digits !== undefined) {
      return { text: String.fromCharCode(Number.parseInt(digits, 16)), length: 1 + digits.length };
    }
    if (this.#text.startsWith('\r\n', at)) return { text: '', length: 2 };
    const character = this.#text.charAt(at);
    return { text: character === '\n' ? '' : (escapes[character] ?? character), length: 1 };
  }

  #word(start: number): JsonNode {
    const word = /[^\s,:[\]{}"'/]*/y;
    word.lastIndex = start;
    const text = word.exec(this.#text)?.[0] ?? '';
    const end = start + text.length;
    if (words.has(text)) return { kind: 'scalar', start, end, value: words.get(text) };
    if (!numberPattern.test(text)) throw this.error(start, 'a value is missing or is not JSON');
    const sign = text.startsWith('-') ? -1 : 1;
    return { kind: 'scalar', start, end, value: sign * Number(text.replace(/^[+-]/, '')) };
  }
}
