import { readCall } from './call-arguments.ts';
import { ObjectScanner } from './object-scanner.ts';
import type { ParsedCall } from './output-parser.ts';

/** A call, and the offset at which it ends. */
export interface FoundCall {
  readonly call: ParsedCall;
  readonly end: number;
}

/**
 * Searches for one call in a text that arrives in pieces: the name of a tool, and the first JSON object that can be its
 * arguments, in either order. Every character is scanned once.
 */
export class CallSearch {
  readonly #names: readonly string[];
  readonly #scanner = new ObjectScanner();
  readonly #parts: string[] = [];
  #unscanned = '';
  /** Number of characters that the scanner has read. */
  #scanned = 0;
  /** An object whose name has not arrived yet. */
  #object: { readonly value: Record<string, unknown>; readonly end: number } | undefined;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** The whole text so far. */
  get text(): string {
    return this.#parts.join('');
  }

  push(piece: string): FoundCall | undefined {
    this.#parts.push(piece);
    this.#unscanned += piece;
    return this.#search(false);
  }

  /** Call this when no more text will arrive. */
  end(): FoundCall | undefined {
    return this.#search(true);
  }

  #search(isLast: boolean): FoundCall | undefined {
    for (;;) {
      if (this.#object) return this.#withLaterName(this.#object, isLast);
      const stop = this.#scanner.scan(this.#unscanned);
      const seen = stop?.end ?? this.#unscanned.length;
      this.#unscanned = this.#unscanned.slice(seen);
      this.#scanned += seen;
      if (!stop) return undefined;
      const found = stop.value && this.#judge(stop.value);
      if (found) return found;
    }
  }

  #judge(value: Record<string, unknown>): FoundCall | undefined {
    const near = findName(this.text.slice(0, this.#scanned), this.#names)?.name;
    const written = readCall(value, near);
    const isNamed = typeof written.name === 'string';
    const name = isNamed ? this.#names.find((known) => known === written.name) : near;
    if (name !== undefined && (written.arguments || isNamed)) {
      return { call: { name, arguments: written.arguments ?? {} }, end: this.#scanned };
    }
    // An object that names an unknown tool is not a call.
    if (!isNamed && written.arguments) this.#object = { value, end: this.#scanned };
    return undefined;
  }

  #withLaterName(
    object: { value: Record<string, unknown>; end: number },
    isLast: boolean,
  ): FoundCall | undefined {
    const later = this.text.slice(object.end);
    if (!isLast && endsWithin(later, this.#names)) return undefined;
    const found = findName(later, this.#names);
    if (!found) return undefined;
    const { arguments: values = {} } = readCall(object.value, found.name);
    return { call: { name: found.name, arguments: values }, end: object.end + found.at + found.name.length };
  }
}

interface FoundName {
  readonly name: string;
  readonly at: number;
}

/** The first occurrence of any of the names in a text; at the same position, the longest name. */
function findName(text: string, names: readonly string[]): FoundName | undefined {
  let found: FoundName | undefined;
  for (const name of names) {
    const at = name === '' ? -1 : text.indexOf(name);
    if (at < 0) continue;
    const isBetter = !found || at < found.at || (at === found.at && name.length > found.name.length);
    if (isBetter) found = { name, at };
  }
  return found;
}

/** Whether the text ends with an incomplete name. */
function endsWithin(text: string, names: readonly string[]): boolean {
  return names.some((name) => {
    for (let size = Math.min(name.length - 1, text.length); size > 0; size--) {
      if (text.endsWith(name.slice(0, size))) return true;
    }
    return false;
  });
}
