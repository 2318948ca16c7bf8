/** Prints floats as Go's strconv.FormatFloat does. */
import { scaledInteger } from './scaled-integer.ts';

/** The shortest form shows an exponent from this power of ten on. */
const SHORTEST_LIMIT = 6;
/** More digits than a double has. */
const MAX_PRECISION = 1100;

/** `%v` and `%g`: the shortest digits that read back as the same number, or `precision` significant digits. */
export function generalFloat(value: number, precision?: number): string {
  const special = specialFloat(value);
  if (special !== undefined) return special;
  const digits = precision === undefined ? undefined : Math.min(Math.max(precision, 1), MAX_PRECISION);
  const exponential =
    digits === undefined ? Math.abs(value).toExponential() : exponentDigits(Math.abs(value), digits - 1);
  const [mantissa = '', power = '0'] = exponential.split('e');
  const exponent = Number(power);
  const shown = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  if (exponent < -4 || exponent >= (digits ?? SHORTEST_LIMIT))
    return signed(value, withExponent(shown, exponent));
  return signed(value, plainDigits(shown.replace('.', ''), exponent));
}

/** `%e` */
export function exponentFloat(value: number, precision = 6): string {
  const special = specialFloat(value);
  if (special !== undefined) return special;
  const [mantissa = '', power = '0'] = exponentDigits(
    Math.abs(value),
    Math.min(precision, MAX_PRECISION),
  ).split('e');
  return signed(value, withExponent(mantissa, Number(power)));
}

/** `%f` */
export function fixedFloat(value: number, precision = 6): string {
  const special = specialFloat(value);
  if (special !== undefined) return special;
  const places = Math.min(precision, MAX_PRECISION);
  const digits = scaledInteger(Math.abs(value), places)
    .toString()
    .padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  return signed(value, places === 0 ? whole : `${whole}.${digits.slice(digits.length - places)}`);
}

/** "d.ddde±x" with `places` digits after the point. */
function exponentDigits(value: number, places: number): string {
  const form = (digits: string, exponent: number) =>
    `${digits.slice(0, 1)}${places > 0 ? `.${digits.slice(1, places + 1)}` : ''}e${exponent}`;
  if (value === 0) return form('0'.repeat(places + 1), 0);
  const exponent = Number(value.toExponential().split('e')[1]);
  const digits = scaledInteger(value, places - exponent).toString();
  // Rounding may add a digit.
  return form(digits, exponent + digits.length - (places + 1));
}

function plainDigits(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function specialFloat(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return undefined;
  return value > 0 ? '+Inf' : '-Inf';
}

function signed(value: number, text: string): string {
  return value < 0 || Object.is(value, -0) ? `-${text}` : text;
}

function withExponent(mantissa: string, exponent: number): string {
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}
