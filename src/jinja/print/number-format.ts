/** Numbers as Python's format functions write them, without padding. */
import { exponentText, floatText } from './float-text.ts';

/** Decimal places that a number may have; Python allows more than anybody needs. */
export const MAX_PRECISION = 100;
const DEFAULT_PRECISION = 6;
/** The lowest exponent that `g` writes as a plain number. */
const LOWEST_GENERAL = -4;

/** Digits beyond those that are asked for, which show whether a number lies exactly between two others. */
const MORE_DIGITS = 25;
const MAX_DIGITS = 100;
/** Beyond this, JavaScript writes an exponent instead of all digits. */
const LARGEST_PLAIN = 1e21;

/** Whether the digits after those of a rounded number are a 5 and zeros: JavaScript rounds it up, Python to the even digit. */
function isHalf(exact: string, rounded: string): boolean {
  return /^\.?50*$/.test(exact.slice(rounded.length));
}

function isEven(digits: string): boolean {
  return /[02468]$/.test(digits);
}

/** A number that is not negative with exactly this many decimal places, rounded half to even. */
export function fixed(value: number, precision: number): string {
  if (value >= LARGEST_PLAIN) {
    const whole = BigInt(value).toString();
    return precision > 0 ? `${whole}.${'0'.repeat(precision)}` : whole;
  }
  const rounded = value.toFixed(precision);
  const exact = value.toFixed(Math.min(precision + MORE_DIGITS, MAX_DIGITS));
  // A carry can make the rounded number longer.
  const places = exact.slice(0, exact.indexOf('.') + (precision > 0 ? precision + 1 : 0));
  return isHalf(exact, places) && isEven(places) ? places : rounded;
}

function exponential(value: number, precision: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential(precision).split('e');
  const [exact = '', power] = value.toExponential(Math.min(precision + MORE_DIGITS, MAX_DIGITS)).split('e');
  const places = exact.slice(0, precision > 0 ? precision + 2 : 1);
  if (isHalf(exact, places) && isEven(places)) return `${places}e${exponentText(Number(power))}`;
  return `${mantissa}e${exponentText(Number(exponent))}`;
}

/** @param keepsZeros whether zeros at the end stay */
function general(value: number, precision: number, keepsZeros: boolean): string {
  const digits = Math.max(precision, 1);
  if (value === 0) return '0';
  const exponent = Number(value.toExponential(digits - 1).split('e')[1]);
  if (exponent < LOWEST_GENERAL || exponent >= digits) {
    const [mantissa = '', power = ''] = exponential(value, digits - 1).split('e');
    return `${keepsZeros ? mantissa : withoutZeros(mantissa)}e${power}`;
  }
  const text = fixed(value, digits - 1 - exponent);
  return keepsZeros ? text : withoutZeros(text);
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** A float that is not negative, in one of Python's presentation types `e`, `f`, `g`, `%` and their capitals. */
export function formatFloat(
  value: number,
  type: string,
  precision: number = DEFAULT_PRECISION,
  keepsZeros = false,
): string {
  const isUpper = type !== type.toLowerCase();
  const text = lowerFloat(value, type.toLowerCase(), precision, keepsZeros);
  return isUpper ? text.toUpperCase() : text;
}

function lowerFloat(value: number, type: string, precision: number, keepsZeros: boolean): string {
  if (!Number.isFinite(value)) return floatText(value) + (type === '%' ? '%' : '');
  if (type === 'e') return exponential(value, precision);
  if (type === 'g') return general(value, precision, keepsZeros);
  return type === '%' ? `${fixed(value * 100, precision)}%` : fixed(value, precision);
}

/** A comma or another sign between each three digits before the point. */
export function grouped(digits: string, separator: string, size = 3): string {
  const [, whole = '', rest = ''] = /^([0-9a-fA-F]*)(.*)$/.exec(digits) ?? [];
  const groups: string[] = [];
  for (let end = whole.length; end > 0; end -= size)
    groups.unshift(whole.slice(Math.max(end - size, 0), end));
  return groups.join(separator) + rest;
}
