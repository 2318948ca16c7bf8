import { readRepairedJson } from '../families/shared/json-call.ts';

/** The nesting that requests allow when they return the arguments of a call; recursive code relies on it. */
const MAX_DEPTH = 200;

export interface FoundObject {
  /** undefined if the text is not JSON or is nested too deeply. */
  readonly value: Record<string, unknown> | undefined;
  /** Offset after the closing bracket, from the start of the piece. */
  readonly end: number;
}

/** Finds JSON objects in a text that arrives in pieces. Quotes count only inside objects. */
export class ObjectScanner {
  /** The text of the current object so far. */
  #parts: string[] = [];
  /** Number of open braces and brackets of the object. */
  #depth = 0;
  #isTooDeep = false;
  #inString = false;
  #isEscaped = false;

  /** @returns the first object that ends in this piece; the rest of the piece has not been read */
  scan(text: string): FoundObject | undefined {
    let start = 0;
    for (let index = 0; index < text.length; index++) {
      const before = this.#depth;
      this.#step(text.charAt(index));
      if (before === 0 && this.#depth === 1) start = index;
      if (before === 1 && this.#depth === 0) {
        this.#parts.push(text.slice(start, index + 1));
        return { value: this.#takeObject(), end: index + 1 };
      }
    }
    if (this.#depth > 0) this.#parts.push(text.slice(start));
    return undefined;
  }

  #step(character: string): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#inString) this.#stepInString(character);
    else if (this.#depth > 0 && character === '"') this.#inString = true;
    else if (character === '{' || (this.#depth > 0 && character === '[')) this.#open();
    else if (this.#depth > 0 && (character === '}' || character === ']')) this.#depth -= 1;
  }

  #stepInString(character: string): void {
    if (character === '\\') this.#isEscaped = true;
    else if (character === '"') this.#inString = false;
  }

  #open(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#isTooDeep = true;
  }

  #takeObject(): Record<string, unknown> | undefined {
    const value = this.#isTooDeep ? undefined : parseObject(this.#parts.join(''));
    this.#parts = [];
    this.#isTooDeep = false;
    return value;
  }
}

/** Parses a text that consists of one JSON object; undefined if it is anything else, or nested too deeply. */
export function parseNestedObject(text: string): Record<string, unknown> | undefined {
  const whole = text.trim();
  const found = new ObjectScanner().scan(whole);
  return found?.end === whole.length ? found.value : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  return readRepairedJson(text) as Record<string, unknown> | undefined;
}
