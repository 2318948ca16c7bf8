/** Texts as numbers, as Python's int and float read them. */
import { integer } from '../values/integer.ts';
import type { Integer } from '../values/value.ts';
import { stripped } from './strip.ts';

const prefixes: Readonly<Record<number, RegExp>> = { 2: /^0b_?/i, 8: /^0o_?/i, 16: /^0x_?/i };
const anyPrefix: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16 };
/** Python does not read longer integers either. */
const MAX_DIGITS = 4300;
const HIGHEST_BASE = 36;

/** @param base 0 to read it from the prefix @returns undefined for any other text */
export function parseIntegerText(source: string, base: number): Integer | undefined {
  const [, sign = '', body = ''] = /^([+-]?)([\s\S]*)$/.exec(stripped(source, undefined, 'both')) ?? [];
  const known = base === 0 ? (anyPrefix[body[1]?.toLowerCase() ?? ''] ?? 10) : base;
  if (known < 2 || known > HIGHEST_BASE) return undefined;
  const prefix = prefixes[known];
  const digits = prefix ? body.replace(prefix, '') : body;
  if (!/^[0-9a-z]+(?:_[0-9a-z]+)*$/i.test(digits) || digits.length > MAX_DIGITS) return undefined;
  if (base === 0 && known === 10 && /^0[\d_]*[1-9]/.test(digits)) return undefined;
  let value = 0n;
  for (const digit of digits.replaceAll('_', '')) {
    const number = Number.parseInt(digit, HIGHEST_BASE);
    if (number >= known) return undefined;
    value = value * BigInt(known) + BigInt(number);
  }
  return integer(sign === '-' ? -value : value);
}

const float = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
const special = /^([+-]?)(?:(inf|infinity)|nan)$/i;

/** @returns undefined for any other text */
export function parseFloatText(source: string): number | undefined {
  const text = stripped(source, undefined, 'both');
  const found = special.exec(text);
  if (found) return found[2] === undefined ? Number.NaN : Number(`${found[1]}Infinity`);
  return float.test(text) ? Number(text.replaceAll('_', '')) : undefined;
}
