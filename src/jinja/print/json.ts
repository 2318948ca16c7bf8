import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { filling } from '../functions/padding.ts';
import { COPIES, MAX_VALUE_DEPTH } from '../limits.ts';
import { isOrdered } from '../operators/ordering.ts';
import { compareText } from '../values/characters.ts';
import { Dict } from '../values/dict.ts';
import { Float } from '../values/float.ts';
import { isNumeric, isText, plain } from '../values/kinds.ts';
import { Tuple } from '../values/tuple.ts';
import { typeName } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';
import { floatText } from './float-text.ts';

interface JsonOptions {
  /** Whether characters beyond ASCII are written as escapes. */
  readonly isAscii: boolean;
  /** What each level is indented by; undefined for one line. */
  readonly indent: string | undefined;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly isSorted: boolean;
}

/** Python's json.dumps. @throws JinjaError for values that JSON does not have @throws OverLimit */
export function encodeJson(value: Value, options: JsonOptions, meter: WorkMeter): string {
  return new Encoder(options, meter).encode(value, 0);
}

class Encoder {
  readonly #options: JsonOptions;
  readonly #meter: WorkMeter;

  constructor(options: JsonOptions, meter: WorkMeter) {
    this.#options = options;
    this.#meter = meter;
  }

  encode(value: Value, depth: number): string {
    this.#meter.step();
    if (isText(value)) return this.#text(plain(value));
    if (value === null) return 'null';
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    if (value instanceof Float) return jsonFloat(value.value);
    if (isNumeric(value)) return String(value);
    if (depth > MAX_VALUE_DEPTH)
      throw new JinjaError('maximum recursion depth exceeded while encoding a JSON object');
    if (Array.isArray(value)) return this.#list(value, depth);
    if (value instanceof Tuple) return this.#list(value.items, depth);
    if (value instanceof Dict) return this.#mapping(value, depth);
    throw new JinjaError(`Object of type ${typeName(value)} is not JSON serializable`);
  }

  #list(values: readonly Value[], depth: number): string {
    if (values.length === 0) return '[]';
    const { line, separator, last } = this.#layout(depth);
    let text = `[${line}`;
    let before = '';
    for (const item of values) {
      text += before + this.encode(item, depth + 1);
      this.#meter.ensure(text.length * 2);
      before = separator;
    }
    return this.#closed(text, `${last}]`);
  }

  #mapping(value: Dict, depth: number): string {
    if (value.size === 0) return '{}';
    const { line, separator, last } = this.#layout(depth);
    const { keySeparator } = this.#options;
    let text = `{${line}`;
    let before = '';
    for (const [key, item] of this.#entries(value)) {
      text += before + this.#key(key) + keySeparator + this.encode(item, depth + 1);
      this.#meter.ensure(text.length * 2);
      before = separator;
    }
    return this.#closed(text, `${last}}`);
  }

  #entries(value: Dict): Iterable<[Value, Value]> {
    if (!this.#options.isSorted) return value.entries();
    const entries = [...value.entries()];
    sortEntries(entries, this.#meter);
    return entries;
  }

  /** What stands before, between and after the elements. */
  #layout(depth: number): { line: string; separator: string; last: string } {
    const { indent, itemSeparator } = this.#options;
    if (indent === undefined) return { line: '', separator: itemSeparator, last: '' };
    const line = `\n${filling(indent, depth + 1, this.#meter)}`;
    return { line, separator: itemSeparator + line, last: `\n${filling(indent, depth, this.#meter)}` };
  }

  #closed(text: string, end: string): string {
    this.#meter.write(text.length + end.length);
    return text + end;
  }

  #key(key: Value): string {
    if (isText(key)) return this.#text(plain(key));
    if (key === null || isNumeric(key)) return `"${this.encode(key, 0)}"`;
    throw new JinjaError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
  }

  #text(text: string): string {
    // JSON.stringify writes a control character with six.
    this.#meter.read(text.length * COPIES);
    this.#meter.ensure(text.length * 12);
    const json = JSON.stringify(text);
    if (!this.#options.isAscii) return this.#meter.made(json);
    return this.#meter.made(json.replace(/[^\0-\x7e]/g, unicodeEscape));
  }
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity';
  return floatText(value);
}

function sortEntries(entries: [Value, Value][], meter: WorkMeter): void {
  meter.step(Math.ceil(entries.length * Math.log2(entries.length + 2)));
  entries.sort(([left], [right]) => {
    if (typeof left === 'string' && typeof right === 'string') return compareText(left, right, meter);
    if (isOrdered('<', left, right, meter)) return -1;
    return isOrdered('<', right, left, meter) ? 1 : 0;
  });
}
