import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { filling } from '../functions/padding.ts';
import { toFloat, toInteger } from '../operators/number.ts';
import { characters, codePointLength } from '../values/characters.ts';
import { Dict } from '../values/dict.ts';
import { Float } from '../values/float.ts';
import { isInteger, isNumeric, isText, plain } from '../values/kinds.ts';
import { Range } from '../values/range.ts';
import { Tuple } from '../values/tuple.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Integer, Value } from '../values/value.ts';
import { formatFloat, MAX_PRECISION } from './number-format.ts';
import { quoted, repr } from './repr.ts';
import { textOf } from './text.ts';

const verb = /%(?:\(([^()]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?([\s\S])?/g;

interface Verb {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly type: string;
}

/**
 * Python's `format % values`.
 * @param escaped how texts are made safe, in a safe format
 * @throws JinjaError for values that do not fit the format
 * @throws OverLimit
 */
export function printf(
  format: string,
  values: Value,
  meter: WorkMeter,
  escaped?: (value: Value) => string,
): string {
  const passed = new PassedValues(values, meter);
  const parts: string[] = [];
  let from = 0;
  verb.lastIndex = 0;
  for (let found = verb.exec(format); found; found = verb.exec(format)) {
    meter.step();
    parts.push(format.slice(from, found.index));
    from = verb.lastIndex;
    const [, key, flags = '', width, precision, type] = found;
    if (type === undefined) throw new JinjaError('incomplete format');
    if (type === '%' && found[0] === '%%') parts.push('%');
    else {
      const parsed: Verb = readVerb(flags, width, precision, type, passed);
      parts.push(padded(formattedValue(parsed, passed.next(key), meter, escaped), parsed, meter));
    }
  }
  parts.push(format.slice(from));
  passed.finish();
  return meter.made(parts.join(''));
}

/** The values of a format, taken one by one or by their names. */
class PassedValues {
  readonly #values: readonly Value[];
  readonly #mapping: Value;
  readonly #meter: WorkMeter;
  #next = 0;
  #usesNames = false;

  constructor(values: Value, meter: WorkMeter) {
    this.#values = values instanceof Tuple ? values.items : [values];
    this.#mapping = values;
    this.#meter = meter;
  }

  next(key?: string): Value {
    if (key !== undefined) {
      this.#usesNames = true;
      if (!(this.#mapping instanceof Dict)) throw new JinjaError('format requires a mapping');
      const value = this.#mapping.get(key, this.#meter);
      if (value === undefined) throw new JinjaError(`no key '${key}'`);
      return value;
    }
    const value = this.#values[this.#next++];
    if (value === undefined) throw new JinjaError('not enough arguments for format string');
    return value;
  }

  /** @throws JinjaError if values remain */
  finish(): void {
    // Whatever has elements by key counts as a mapping, of which not all need to be used.
    const isMapping =
      Array.isArray(this.#mapping) || [Dict, Range, Undefined].some((type) => this.#mapping instanceof type);
    if (this.#usesNames || isMapping || this.#next >= this.#values.length) return;
    throw new JinjaError('not all arguments converted during string formatting');
  }
}

function readVerb(
  flags: string,
  width: string | undefined,
  precision: string | undefined,
  type: string,
  passed: PassedValues,
): Verb {
  const number = (text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    if (text !== '*') return Number(text);
    const value = passed.next();
    if (!isInteger(value)) throw new JinjaError('* wants int');
    return Number(value);
  };
  const wide = number(width) ?? 0;
  const places = number(precision);
  return {
    flags: wide < 0 ? `${flags}-` : flags,
    width: Math.abs(wide),
    precision: places === undefined ? undefined : Math.max(places, 0),
    type,
  };
}

/** The text of a value, with its sign, before it is padded. */
function formattedValue(
  parsed: Verb,
  value: Value,
  meter: WorkMeter,
  escaped?: (value: Value) => string,
): string {
  const { type, precision } = parsed;
  if (type === 's' || type === 'r' || type === 'a') {
    const shown = type === 's' ? value : repr(value, meter);
    return cut(escaped ? escaped(shown) : textOf(shown, meter), precision, meter);
  }
  if (type === 'c') return character(value);
  if (value instanceof Undefined) return value.fail();
  if ('diuxXo'.includes(type)) return signed(integerText(parsed, value), parsed);
  if ('eEfFgG'.includes(type)) return signed(floatDigits(parsed, value), parsed);
  throw new JinjaError(`unsupported format character ${quoted(type, meter)}`);
}

function floatDigits({ type, precision, flags }: Verb, value: Value): string {
  if (!isNumeric(value)) throw new JinjaError(`must be real number, not ${typeName(value)}`);
  const number = toFloat(value);
  if ((precision ?? 0) > MAX_PRECISION) throw new JinjaError('precision too large');
  const digits = formatFloat(Math.abs(number), type, precision, flags.includes('#'));
  return number < 0 || Object.is(number, -0) ? `-${digits}` : digits;
}

function cut(text: string, precision: number | undefined, meter: WorkMeter): string {
  if (precision === undefined || precision >= text.length) return text;
  return characters(text, meter).slice(0, precision).join('');
}

function character(value: Value): string {
  if (isInteger(value)) {
    const code = Number(value);
    if (code < 0 || code > 0x10ffff) throw new JinjaError('%c arg not in range(0x110000)');
    return String.fromCodePoint(code);
  }
  if (isText(value) && Array.from(plain(value)).length === 1) return plain(value);
  throw new JinjaError('%c requires int or char');
}

function integerText({ type, precision = 0, flags }: Verb, value: Value): string {
  const isHexadecimal = 'xXo'.includes(type);
  if (isHexadecimal && !isInteger(value)) {
    throw new JinjaError(`%${type} format: an integer is required, not ${typeName(value)}`);
  }
  const whole = wholeNumber(value, type);
  const magnitude = BigInt(whole) < 0n ? -BigInt(whole) : BigInt(whole);
  const base = type === 'o' ? 8 : isHexadecimal ? 16 : 10;
  const digits = magnitude.toString(base).padStart(Math.min(precision, MAX_PRECISION), '0');
  const prefix = flags.includes('#') && isHexadecimal ? `0${type.toLowerCase()}` : '';
  const text = prefix + digits;
  return `${BigInt(whole) < 0n ? '-' : ''}${type === 'X' ? text.toUpperCase() : text}`;
}

function wholeNumber(value: Value, type: string): Integer {
  if (isInteger(value)) return toInteger(value);
  if (!(value instanceof Float)) {
    throw new JinjaError(`%${type} format: a real number is required, not ${typeName(value)}`);
  }
  if (!Number.isFinite(value.value)) throw new JinjaError('cannot convert float to integer');
  return BigInt(Math.trunc(value.value));
}

function signed(text: string, { flags }: Verb): string {
  if (text.startsWith('-')) return text;
  if (flags.includes('+')) return `+${text}`;
  return flags.includes(' ') ? ` ${text}` : text;
}

function padded(text: string, { flags, width, type }: Verb, meter: WorkMeter): string {
  const missing = width - codePointLength(text, meter);
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + filling(' ', missing, meter);
  const isZero = flags.includes('0') && !'srac'.includes(type);
  if (!isZero) return filling(' ', missing, meter) + text;
  const [sign = ''] = /^[-+ ]?(?:0[xXo])?/.exec(text) ?? [];
  return sign + filling('0', missing, meter) + text.slice(sign.length);
}
