/**
 * What an operation of a Jinja template may take, found out before it runs: most of them are single native calls, which nothing can
 * interrupt.
 */
import { OverLimit, type WorkMeter } from '../../base/work-meter.ts';
import { isList, isMapping, isText, type JinjaValue } from './runtime-values.ts';

/** Bytes of a value in a list, with its place there. */
export const ELEMENT_BYTES = 64;
const BYTES_PER_CHARACTER = 2;
/** A number in JSON. */
const NUMBER_LENGTH = 24;
/** JSON writes a control character as `\u0000`. */
const LONGEST_ESCAPE = 6;
/** Bytes of a character that is a value of its own for the length of a call. */
const SPLIT_CHARACTER_BYTES = 32;
/** Changing or escaping a text takes as long as copying it this often. */
const COPIES = 4;
/** Replacements or comparisons that take as long as a step. */
const CALLS_PER_STEP = 2;
/** V8 finds a pattern of up to this length in linear time. */
const SHORT_PATTERN = 256;
/** Characters of a text times those of a longer pattern: a tenth of a second. */
const MAX_SEARCH = 2 ** 27;
/** Characters of a key that the locale's order compares, which takes long. */
const MAX_SORTED_KEY = 2 ** 16;

interface JsonOptions {
  /** Spaces for each level of nesting. */
  readonly indent?: number;
  /** Characters between two elements, and between key and value. */
  readonly separators?: number;
  readonly isSorted?: boolean;
}

export class OperationCosts {
  readonly #meter: WorkMeter;

  constructor(meter: WorkMeter) {
    this.#meter = meter;
  }

  /** The length of a value as JSON or as text. @throws OverLimit as soon as it is too long */
  lengthOf(value: JinjaValue, options: JsonOptions = {}): number {
    return this.#lengthWith(value, options, 0, 0);
  }

  /** @returns the length of what precedes the value, and of the value */
  #lengthWith(value: JinjaValue, options: JsonOptions, depth: number, before: number): number {
    const { separators = 4, indent = 0, isSorted = false } = options;
    let length = before + separators + indent * (depth + 1) + 1;
    if (isText(value)) length += value.value.length;
    else if (isList(value)) {
      for (const item of value.value) length = this.#lengthWith(item, options, depth + 1, length);
    } else if (isMapping(value)) {
      for (const [key, item] of value.value) {
        if (isSorted && key.length > MAX_SORTED_KEY) throw new OverLimit('it sorts keys that are too long');
        length = this.#lengthWith(item, options, depth + 1, length + key.length);
      }
    } else length += NUMBER_LENGTH;
    this.#meter.step();
    this.#meter.ensure(length * BYTES_PER_CHARACTER);
    return length;
  }

  /** @throws OverLimit */
  beforeJson(value: JinjaValue, options: JsonOptions): void {
    const length = this.lengthOf(value, options);
    this.#meter.ensure(length * LONGEST_ESCAPE * BYTES_PER_CHARACTER);
    this.#meter.read(length * COPIES);
  }

  /** @throws OverLimit */
  beforeOperator(operator: string, left: JinjaValue, right: JinjaValue): void {
    if (operator === '==' || operator === '!=') this.#beforeEquality(left, right);
    else if (operator === '~' || operator === '+') this.#beforeAddition(operator, left, right);
    else if (operator === 'in' || operator === 'not in') this.#beforeMembership(left, right);
  }

  #beforeEquality(left: JinjaValue, right: JinjaValue): void {
    if (isText(left) && isText(right)) this.#meter.read(Math.min(left.value.length, right.value.length));
    // JavaScript makes a text of the list.
    else if (isList(left) !== isList(right)) this.#meter.read(this.lengthOf(left) + this.lengthOf(right));
  }

  #beforeAddition(operator: string, left: JinjaValue, right: JinjaValue): void {
    if (isList(left) && isList(right) && operator === '+') {
      this.#meter.allocate((left.value.length + right.value.length) * ELEMENT_BYTES);
    } else if (operator === '~' || isText(left) || isText(right)) {
      this.#meter.write(this.lengthOf(left) + this.lengthOf(right));
    }
  }

  #beforeMembership(left: JinjaValue, right: JinjaValue): void {
    if (isText(right) && isText(left)) this.beforeSearch(right.value, left.value);
    else if (isList(right)) {
      this.#meter.step(right.value.length);
      if (isText(left)) this.#meter.read(left.value.length * right.value.length);
    }
  }

  /** @throws OverLimit if finding the pattern in the text can take long */
  beforeSearch(text: string, pattern: string): void {
    this.#meter.read(text.length * COPIES);
    if (pattern.length <= SHORT_PATTERN || pattern.length > text.length) return;
    if (text.length * pattern.length > MAX_SEARCH) {
      throw new OverLimit(`it searches ${text.length} characters for a text of ${pattern.length} characters`);
    }
  }

  /** @throws OverLimit */
  beforeReplace(text: string, pattern: string, replacement: string): void {
    const matches = this.#countMatches(text, pattern);
    const length = text.length + matches * Math.max(replacement.length - pattern.length, 0);
    this.#meter.step(Math.ceil(matches / CALLS_PER_STEP));
    this.#meter.ensure(length * BYTES_PER_CHARACTER);
    this.#meter.read(length);
  }

  /** @param separator undefined for white space */
  beforeSplit(text: string, separator: string | undefined): void {
    const parts = separator === undefined ? countWords(text) : this.#countMatches(text, separator) + 1;
    this.#meter.allocate(parts * ELEMENT_BYTES);
    this.#meter.write(text.length);
  }

  #countMatches(text: string, pattern: string): number {
    if (pattern === '') return text.length + 1;
    this.beforeSearch(text, pattern);
    let count = 0;
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + pattern.length)) count++;
    return count;
  }

  /** @throws OverLimit */
  beforeIndent(text: string, width: number): void {
    const lines = this.#countMatches(text, '\n') + 1;
    this.#meter.ensure(lines * (ELEMENT_BYTES + Math.max(width, 0) * BYTES_PER_CHARACTER));
    this.#meter.read(text.length * COPIES + lines * width);
  }

  /** @throws OverLimit */
  beforeJoin(value: JinjaValue, separator: number): void {
    const count = isText(value) || isList(value) ? value.value.length : 0;
    if (isText(value)) this.beforeCharacters(value.value);
    this.#meter.ensure((this.lengthOf(value) + count * separator) * BYTES_PER_CHARACTER);
    this.#meter.read(count * separator);
  }

  /** Before a text becomes a list of its characters. @throws OverLimit */
  beforeCharacters(text: string): void {
    this.#meter.ensure(text.length * SPLIT_CHARACTER_BYTES);
    this.#meter.read(text.length * SPLIT_CHARACTER_BYTES);
  }

  /** Before a text is copied with changes. @throws OverLimit */
  beforeChange(text: string): void {
    this.#meter.ensure(text.length * BYTES_PER_CHARACTER);
    this.#meter.read(text.length * COPIES);
  }

  /** Before a list is looked at, sorted, or made into another. @throws OverLimit */
  beforeList(length: number, isSorted = false): void {
    this.#meter.step(isSorted ? Math.ceil(length * Math.log2(length + 2)) : length);
    this.#meter.ensure(length * ELEMENT_BYTES);
  }

  /** Counts a value that has been made. @throws OverLimit */
  made(value: JinjaValue): void {
    if (isText(value)) this.#meter.write(value.value.length);
    else if (isList(value)) this.#meter.allocate(value.value.length * ELEMENT_BYTES);
    else if (isMapping(value)) this.#meter.allocate(value.value.size * ELEMENT_BYTES);
  }
}

/** At least the number of words. */
function countWords(text: string): number {
  const space = /\s+/g;
  let count = 1;
  while (space.test(text)) count++;
  return count;
}
