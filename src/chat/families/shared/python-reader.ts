/** Deeper than any real argument; it bounds the recursion. */
const MAX_DEPTH = 64;

const words: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...(['True', 'true'] as const).map((word) => [word, true] as const),
  ...(['False', 'false'] as const).map((word) => [word, false] as const),
  ...(['None', 'null'] as const).map((word) => [word, null] as const),
]);

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '\n': '' };

interface Read {
  readonly value: unknown;
}

/** Reads literals of Python and JSON from left to right. White space between tokens is ignored. */
export class PythonReader {
  readonly #text: string;
  #at = 0;
  /** Whether the text ends inside a string. */
  isOpen = false;

  constructor(text: string) {
    this.#text = text;
  }

  get isDone(): boolean {
    this.#skipSpace();
    return this.#at >= this.#text.length;
  }

  isBefore(token: string): boolean {
    this.#skipSpace();
    return this.#text.startsWith(token, this.#at);
  }

  /** Consumes a token; returns false if another one comes next. */
  takes(token: string): boolean {
    const isThere = this.isBefore(token);
    if (isThere) this.#at += token.length;
    return isThere;
  }

  /** Consumes the match of a sticky expression. */
  takeMatch(expression: RegExp): string | undefined {
    this.#skipSpace();
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#text)?.[0];
    this.#at += match?.length ?? 0;
    return match;
  }

  /** @returns undefined if no literal comes next */
  value(depth: number): Read | undefined {
    if (depth > MAX_DEPTH) return undefined;
    if (this.takes('[')) return this.#items(']', depth);
    if (this.takes('(')) return this.#items(')', depth);
    if (this.takes('{')) return this.#entries(depth);
    const quote = ['"', "'"].find((mark) => this.isBefore(mark));
    return quote ? this.#string(quote) : this.#word();
  }

  #items(end: string, depth: number): Read | undefined {
    const items: unknown[] = [];
    while (!this.takes(end)) {
      const item = this.value(depth + 1);
      if (!item || (!this.takes(',') && !this.isBefore(end))) return undefined;
      items.push(item.value);
    }
    return { value: items };
  }

  #entries(depth: number): Read | undefined {
    const entries: [string, unknown][] = [];
    while (!this.takes('}')) {
      const key = this.value(depth + 1);
      const value = key && this.takes(':') ? this.value(depth + 1) : undefined;
      if (!key || !value || (!this.takes(',') && !this.isBefore('}'))) return undefined;
      entries.push([String(key.value), value.value]);
    }
    return { value: Object.fromEntries(entries) };
  }

  #string(mark: string): Read | undefined {
    const quote = this.isBefore(mark.repeat(3)) ? mark.repeat(3) : mark;
    const parts: string[] = [];
    let at = this.#at + quote.length;
    for (let start = at; ; ) {
      if (at >= this.#text.length) {
        this.isOpen = true;
        return undefined;
      }
      if (this.#text.startsWith(quote, at)) {
        this.#at = at + quote.length;
        return { value: parts.join('') + this.#text.slice(start, at) };
      }
      if (this.#text[at] !== '\\') at++;
      else {
        parts.push(this.#text.slice(start, at));
        const { text, length } = escaped(this.#text.slice(at, at + 10));
        parts.push(text);
        at += length;
        start = at;
      }
    }
  }

  /** A number, a keyword of Python or JSON, or text that should have been in quotes. */
  #word(): Read | undefined {
    const token = this.takeMatch(/[^,()[\]{}'"=:]+/y)?.trim();
    if (!token) return undefined;
    if (words.has(token)) return { value: words.get(token) };
    return { value: /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(token) ? Number(token) : token };
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}

/** Decodes one escape of Python or JSON; unknown escapes stay unchanged. */
function escaped(text: string): { text: string; length: number } {
  const hexadecimal = /^\\(?:u([\da-f]{4})|x([\da-f]{2})|U([\da-f]{8}))/i.exec(text);
  const code = hexadecimal?.slice(1).find((digits) => digits !== undefined);
  if (hexadecimal && code && Number.parseInt(code, 16) <= 0x10ffff) {
    const character = code.length === 8 ? String.fromCodePoint : String.fromCharCode;
    return { text: character(Number.parseInt(code, 16)), length: hexadecimal[0].length };
  }
  const letter = text[1] ?? '';
  const plain = '\\\'"/'.includes(letter) ? letter : `\\${letter}`;
  return { text: escapes[letter] ?? plain, length: 1 + letter.length };
}
