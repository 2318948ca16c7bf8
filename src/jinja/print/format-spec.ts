import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { filling } from '../functions/padding.ts';
import { toInteger } from '../operators/number.ts';
import { characters, codePointLength } from '../values/characters.ts';
import { Float } from '../values/float.ts';
import { isInteger, isText, plain } from '../values/kinds.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Integer, Value } from '../values/value.ts';
import { floatText } from './float-text.ts';
import { formatFloat, grouped, MAX_PRECISION } from './number-format.ts';
import { textOf } from './text.ts';

/** Python's format specification: https://docs.python.org/3/library/string.html#format-specification-mini-language */
const pattern = /^(?:([\s\S])?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/u;

interface Spec {
  readonly fill: string;
  readonly align: string | undefined;
  readonly sign: string;
  readonly isAlternate: boolean;
  readonly isZeroFilled: boolean;
  readonly width: number;
  readonly separator: string | undefined;
  readonly precision: number | undefined;
  readonly type: string | undefined;
}

function parse(text: string): Spec {
  const found = pattern.exec(text);
  if (!found) throw new JinjaError('invalid format specifier');
  const [, fill, align, sign = '-', , alternate, zero, width, separator, precision, type] = found;
  return {
    fill: fill ?? (zero ? '0' : ' '),
    align: align ?? (zero ? '=' : undefined),
    sign,
    isAlternate: alternate !== undefined,
    isZeroFilled: zero !== undefined && align === undefined,
    width: Number(width ?? 0),
    separator,
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

/** Python's `format(value, specification)`. @throws JinjaError for one that does not fit the value @throws OverLimit */
export function formatted(value: Value, specification: string, meter: WorkMeter): string {
  if (specification === '') return textOf(value, meter);
  const isNumber =
    (isInteger(value) && typeof value !== 'boolean') || value instanceof Float || typeof value === 'boolean';
  if (value instanceof Undefined || (!isText(value) && !isNumber)) {
    throw new JinjaError(`unsupported format string passed to ${typeName(value)}.__format__`);
  }
  const spec = parse(specification);
  if (isText(value)) return formattedText(plain(value), spec, meter);
  if (value instanceof Float) return aligned(floatDigits(value.value, spec), spec, '>', meter);
  return aligned(integerDigits(toInteger(value as Integer | boolean), spec), spec, '>', meter);
}

function formattedText(text: string, spec: Spec, meter: WorkMeter): string {
  if ((spec.type ?? 's') !== 's') throw new JinjaError(`unknown format code '${spec.type}' for a text`);
  const isPlain = spec.sign === '-' && !spec.isAlternate && spec.separator === undefined;
  if (!isPlain || (spec.align === '=' && !spec.isZeroFilled))
    throw new JinjaError('invalid format specifier for a text');
  const short =
    spec.precision === undefined ? text : characters(text, meter).slice(0, spec.precision).join('');
  return aligned(
    { sign: '', digits: short },
    { ...spec, align: spec.align === '=' ? '<' : spec.align },
    '<',
    meter,
  );
}

interface Digits {
  /** The sign and the prefix of the base. */
  readonly sign: string;
  readonly digits: string;
}

function signOf(isNegative: boolean, sign: string): string {
  if (isNegative) return '-';
  return sign === '-' ? '' : sign;
}

const bases: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16, X: 16, d: 10, n: 10 };

function integerDigits(value: Integer, spec: Spec): Digits {
  const { type = 'd', isAlternate, separator, precision } = spec;
  if (type === 'c') return { sign: '', digits: String.fromCodePoint(Number(value)) };
  if ('eEfFgG%'.includes(type)) return floatDigits(Number(value), spec);
  const base = bases[type];
  if (base === undefined) throw new JinjaError(`unknown format code '${type}' for an integer`);
  if (precision !== undefined) throw new JinjaError('precision not allowed in integer format specifier');
  if (separator === ',' && base !== 10) throw new JinjaError(`cannot specify ',' with '${type}'`);
  const whole = BigInt(value);
  const digits = (whole < 0n ? -whole : whole).toString(base);
  const text = separator === undefined ? digits : grouped(digits, separator, base === 10 ? 3 : 4);
  const prefix = isAlternate && base !== 10 ? `0${type.toLowerCase()}` : '';
  const sign = signOf(whole < 0n, spec.sign);
  return type === 'X'
    ? { sign: sign + prefix.toUpperCase(), digits: text.toUpperCase() }
    : { sign: sign + prefix, digits: text };
}

function floatDigits(value: number, spec: Spec): Digits {
  const { type, precision, separator, isAlternate } = spec;
  if (type !== undefined && !'eEfFgGn%'.includes(type))
    throw new JinjaError(`unknown format code '${type}' for a float`);
  if ((precision ?? 0) > MAX_PRECISION) throw new JinjaError('precision too large');
  const magnitude = Math.abs(value);
  const kind = type === 'n' ? 'g' : type;
  const digits =
    kind === undefined
      ? plainFloat(magnitude, precision)
      : formatFloat(magnitude, kind, precision, isAlternate);
  return {
    sign: signOf(value < 0 || Object.is(value, -0), spec.sign),
    digits: separator === undefined ? digits : grouped(digits, separator),
  };
}

/** Without a type: as `g`, with at least one decimal place. */
function plainFloat(value: number, precision: number | undefined): string {
  if (precision === undefined) return floatText(value);
  const text = formatFloat(value, 'g', precision);
  const exponent = Number(value.toExponential(Math.max(precision, 1) - 1).split('e')[1]);
  if (/[.en]/.test(text)) return text;
  return exponent < Math.max(precision, 1) - 1 || precision === 0
    ? `${text}.0`
    : formatFloat(value, 'e', Math.max(precision, 1) - 1).replace(/\.?0+e/, 'e');
}

function aligned({ sign, digits }: Digits, spec: Spec, standard: string, meter: WorkMeter): string {
  const text = sign + digits;
  const missing = spec.width - codePointLength(text, meter);
  if (missing <= 0) return text;
  const align = spec.align ?? standard;
  if (align === '=') return sign + filling(spec.fill, missing, meter) + digits;
  const left = align === '>' ? missing : align === '<' ? 0 : Math.floor(missing / 2);
  return filling(spec.fill, left, meter) + text + filling(spec.fill, missing - left, meter);
}
