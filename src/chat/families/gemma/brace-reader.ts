import type { Tool } from '../../../api/common.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { unquotedName } from '../../output/repair/names.ts';
import { recordOf } from '../shared/untrusted-schema.ts';

/**
 * How much of a call has arrived. `unended`: no more text will come, so the call must be complete. `ended`: the closing tag
 * has arrived, so a missing bracket or quote mark at the end is tolerated. `forced`: like `ended`, and an unterminated
 * string ends here.
 */
export type CallState = 'unended' | 'ended' | 'forced';

/** Reads `call:name{key:value,…}`. Returns `open` if the text ends inside a string, undefined if it is not a call. */
export function readBraceCall(
  body: string,
  quote: string,
  tools: readonly Tool[],
  state: CallState,
): ParsedCall | 'open' | undefined {
  const brace = body.indexOf('{');
  const head = brace < 0 ? '' : body.slice(0, brace).trim();
  const name = head.startsWith('call:') ? unquotedName(head.slice('call:'.length)) : '';
  if (name === '') return undefined;
  const tool = tools.find((candidate) => candidate.function.name === name);
  const properties = recordOf(tool?.function.parameters?.properties);
  const keys = properties && new Set(Object.keys(properties));
  const reader = new BraceReader(body.slice(brace), { quote, state, keys });
  const values = reader.read();
  return values ? { name, arguments: values } : reader.problem;
}

/** Deeper than any real argument; it bounds the recursion. */
const MAX_DEPTH = 64;

interface ReaderOptions {
  readonly quote: string;
  readonly state: CallState;
  /** Names of the arguments of the tool, if the tool is known. */
  readonly keys: ReadonlySet<string> | undefined;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** Reads `{key:value,list:[1,true]}` as models write it: strings between quote marks, in quotes, or bare. */
class BraceReader {
  readonly #text: string;
  readonly #options: ReaderOptions;
  #at = 0;
  #problem: 'open' | 'broken' | undefined;

  constructor(text: string, options: ReaderOptions) {
    this.#text = text.trimEnd();
    this.#options = options;
  }

  /** @returns undefined when the text is not such an object, see `problem` */
  read(): Record<string, unknown> | undefined {
    const value = this.#object(0);
    if (/[^\s}]/.test(this.#text.slice(this.#at))) this.#problem ??= 'broken';
    return this.#problem ? undefined : value;
  }

  /** Why there is no value: `open` if the text ends inside a string; undefined if it is not such an object. */
  get problem(): 'open' | undefined {
    return this.#problem === 'open' ? 'open' : undefined;
  }

  #value(depth: number): unknown {
    this.#skipSpace();
    const { quote } = this.#options;
    if (depth > MAX_DEPTH) return this.#fail('broken');
    if (this.#text.startsWith(quote, this.#at)) return this.#marked();
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#list(depth);
    if (first === '"' || first === "'") return this.#quoted(first);
    return this.#bare(depth);
  }

  #object(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#at++;
    while (!this.#closes('}')) {
      const key = this.#key();
      entries.push([key, this.#value(depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  #list(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    while (!this.#closes(']')) items.push(this.#value(depth + 1));
    return items;
  }

  /** True if the object or list ends here, in which case its bracket is consumed, or if reading has failed. */
  #closes(bracket: string): boolean {
    if (this.#problem) return true;
    this.#skipSpace();
    if (this.#text[this.#at] === ',') this.#at++;
    this.#skipSpace();
    if (this.#at >= this.#text.length) {
      if (this.#options.state === 'unended') this.#fail('broken');
      return true;
    }
    if (this.#text[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  #key(): string {
    const colon = this.#text.indexOf(':', this.#at);
    if (colon < 0) this.#fail('broken');
    const key = this.#text.slice(this.#at, colon).trim();
    this.#at = colon + 1;
    for (const mark of [this.#options.quote, '"', "'"]) {
      const isMarked = key.length >= 2 * mark.length && key.startsWith(mark) && key.endsWith(mark);
      if (isMarked) return key.slice(mark.length, -mark.length);
    }
    return key;
  }

  #marked(): string {
    const { quote, state } = this.#options;
    const start = this.#at + quote.length;
    const end = this.#text.indexOf(quote, start);
    if (end >= 0) {
      this.#at = end + quote.length;
      return this.#text.slice(start, end);
    }
    const closesAfter = /[}\]]$/.test(this.#text);
    if (state === 'unended' || (state === 'ended' && !closesAfter)) this.#fail('open');
    this.#at = Math.max(start, this.#text.length - (closesAfter ? 1 : 0));
    return this.#text.slice(start, this.#at);
  }

  /** A JSON string, or a string in single quotes, which models sometimes close with another mark. */
  #quoted(quote: string): unknown {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== quote) end += this.#text[end] === '\\' ? 2 : 1;
    if (end >= this.#text.length) return this.#fail(this.#options.state === 'forced' ? 'broken' : 'open');
    this.#at = end + 1;
    if (this.#text.startsWith(this.#options.quote, this.#at)) this.#at += this.#options.quote.length;
    const inner = this.#text.slice(start + 1, end);
    return quote === '"' ? (parsedString(inner) ?? inner) : inner;
  }

  /** A number, a JSON keyword, or text that should have been marked as a string. */
  #bare(depth: number): unknown {
    const rest = /[,}\]]/g;
    rest.lastIndex = this.#at;
    const end = rest.exec(this.#text)?.index ?? this.#text.length;
    const token = this.#text.slice(this.#at, end).trim();
    const isNumber = NUMBER.test(token);
    const isPlain = isNumber || literals.has(token);
    if (this.#options.state === 'unended' && end === this.#text.length) return this.#fail('broken');
    const start = this.#at;
    this.#at = isPlain || depth > 1 ? end : this.#endOfText();
    if (isPlain) return isNumber ? Number(token) : literals.get(token);
    return this.#text.slice(start, this.#at).trim();
  }

  /** The end of an argument: the next argument, or the bracket that ends all arguments. */
  #endOfText(): number {
    const { keys } = this.#options;
    const next = /,\s*([\p{L}\p{N}_]+)\s*:/gu;
    next.lastIndex = this.#at;
    for (let match = next.exec(this.#text); match; match = next.exec(this.#text)) {
      if (keys === undefined || keys.has(match[1] ?? '')) return match.index;
    }
    return this.#text.endsWith('}') ? this.#text.length - 1 : this.#text.length;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #fail(problem: 'open' | 'broken'): undefined {
    this.#problem ??= problem;
  }
}

function parsedString(inner: string): string | undefined {
  try {
    return JSON.parse(`"${inner}"`) as string;
  } catch {
    return undefined;
  }
}
