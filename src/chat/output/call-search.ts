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
  #parts: string[] = [];
  #unscanned = '';
  /** Number of characters that the scanner has read. */
  #scanned = 0;
  readonly #nearest: NameSearch;
  /** Searches for a name after `#object`. */
  #later: NameSearch;
  /** An object whose name has not arrived yet. */
  #object: { readonly value: Record<string, unknown>; readonly end: number } | undefined;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#nearest = new NameSearch(names);
    this.#later = new NameSearch(names);
  }

  /** The whole text so far. */
  get text(): string {
    const text = this.#parts.join('');
    this.#parts = [text];
    return text;
  }

  push(piece: string): FoundCall | undefined {
    this.#parts.push(piece);
    if (this.#object) this.#later.push(piece);
    else this.#unscanned += piece;
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
      this.#nearest.push(this.#unscanned.slice(0, seen));
      this.#unscanned = this.#unscanned.slice(seen);
      this.#scanned += seen;
      if (!stop) return undefined;
      const found = stop.value && this.#judge(stop.value);
      if (found) return found;
    }
  }

  #judge(value: Record<string, unknown>): FoundCall | undefined {
    const near = this.#nearest.found?.name;
    const written = readCall(value, near);
    const isNamed = typeof written.name === 'string';
    const name = isNamed ? this.#names.find((known) => known === written.name) : near;
    if (name !== undefined && (written.arguments || isNamed)) {
      return { call: { name, arguments: written.arguments ?? {} }, end: this.#scanned };
    }
    // An object that names an unknown tool is not a call.
    if (!isNamed && written.arguments) {
      this.#object = { value, end: this.#scanned };
      this.#later = new NameSearch(this.#names);
      this.#later.push(this.#unscanned);
    }
    return undefined;
  }

  #withLaterName(
    object: { value: Record<string, unknown>; end: number },
    isLast: boolean,
  ): FoundCall | undefined {
    if (!isLast && this.#later.endsWithin()) return undefined;
    const { found } = this.#later;
    if (!found) return undefined;
    const { arguments: values = {} } = readCall(object.value, found.name);
    return { call: { name: found.name, arguments: values }, end: object.end + found.at + found.name.length };
  }
}

interface FoundName {
  readonly name: string;
  readonly at: number;
}

/** Finds the first of some names in a text that arrives in pieces; at the same position, the longest name. */
class NameSearch {
  readonly #names: readonly string[];
  readonly #longest: number;
  /** The end of the text, as long as a name can be. */
  #tail = '';
  /** Where the tail begins. */
  #start = 0;
  found: FoundName | undefined;

  constructor(names: readonly string[]) {
    this.#names = names.filter((name) => name !== '');
    this.#longest = this.#names.reduce((longest, name) => Math.max(longest, name.length), 0);
  }

  push(piece: string): void {
    const text = this.#tail + piece;
    // A longer name may still begin before or at the place of the one that was found.
    const isDecided = this.found && this.found.at + this.#longest <= this.#start;
    if (!isDecided) for (const name of this.#names) this.#look(text, name);
    const kept = Math.min(this.#longest, text.length);
    this.#start += text.length - kept;
    this.#tail = text.slice(text.length - kept);
  }

  #look(text: string, name: string): void {
    const index = text.indexOf(name);
    if (index < 0) return;
    const at = this.#start + index;
    const { found } = this;
    const isBetter = !found || at < found.at || (at === found.at && name.length > found.name.length);
    if (isBetter) this.found = { name, at };
  }

  /** Whether the text ends with an incomplete name. */
  endsWithin(): boolean {
    return this.#names.some((name) => {
      for (let size = Math.min(name.length - 1, this.#tail.length); size > 0; size--) {
        if (this.#tail.endsWith(name.slice(0, size))) return true;
      }
      return false;
    });
  }
}
