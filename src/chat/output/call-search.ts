import { readCall } from './call-arguments.ts';
import { ObjectScanner } from './object-scanner.ts';
import type { ParsedCall } from './output-parser.ts';
import { endsWithin, findName } from './tool-names.ts';

/** A call, and where what follows it begins. */
export interface FoundCall {
  readonly call: ParsedCall;
  readonly end: number;
}

/**
 * Looks for one call in a text that arrives in pieces: a tool's name, and the first JSON object that can be its
 * arguments, in either order. Every character is scanned once.
 */
export class CallSearch {
  readonly #names: readonly string[];
  readonly #scanner = new ObjectScanner();
  readonly #parts: string[] = [];
  #unscanned = '';
  /** Characters that the scanner has seen. */
  #scanned = 0;
  /** An object that waits for a name. */
  #object: { readonly value: Record<string, unknown>; readonly end: number } | undefined;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** All of it so far. */
  get text(): string {
    return this.#parts.join('');
  }

  push(piece: string): FoundCall | undefined {
    this.#parts.push(piece);
    this.#unscanned += piece;
    return this.#search(false);
  }

  /** Nothing follows. */
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
    // The name of a tool that is not there makes it no call.
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
