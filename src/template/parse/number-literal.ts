import { unquoteCharacter } from './unquote.ts';

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;
/** Characters of a literal, also of one with all digits that a number can have: checking and reading digits takes quadratic time. */
const MAX_LENGTH = 1200;
const hexFloat = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/;

/**
 * The value of a number literal: bigint for an integer, number for a float, which has a point or an exponent.
 * @returns "overflow" for an integer above int64 that Go accepts until it is evaluated; undefined if the text is not a
 * number
 */
export function numberLiteral(source: string): bigint | number | 'overflow' | undefined {
  if (source.length > MAX_LENGTH) return undefined;
  if (source.startsWith("'")) {
    const code = unquoteCharacter(source);
    return code === undefined ? undefined : BigInt(code);
  }
  const sign = /^[+-]/.exec(source)?.[0] ?? '';
  const unsigned = source.slice(sign.length);
  const digits = withoutSeparators(unsigned);
  if (digits === undefined || digits === '') return undefined;
  const integer = integerOf(digits);
  if (integer !== undefined) return bounded(sign === '-' ? -integer : integer);
  const float = floatOf(digits);
  return float === undefined ? undefined : sign === '-' ? -float : float;
}

/** Removes underscores, which may stand only between digits, or between the prefix of a base and a digit. */
function withoutSeparators(text: string): string | undefined {
  if (!text.includes('_')) return text;
  const isPrefixed = /^0[xXoObB0-7_]/.test(text);
  const isWellFormed =
    /^(?:0[xXoObB])?_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*(?:[.pPeE][0-9a-fA-F.pPeE+-]*(?:_[0-9a-fA-F]+)*)?$/;
  const misplaced = /_[^0-9a-fA-F]|_$|^_|__|[.pPeE+-]_/.test(
    text.replace(/^0[xXoObB]_/, (prefix) => prefix.slice(0, 2)),
  );
  if (misplaced || !isWellFormed.test(text)) return undefined;
  // Go accepts separators only where the text shows the base: in integers, and in floats of base 16.
  const isDecimalFloat = /[.eE]/.test(text) && !/^0[xX]/.test(text);
  return isDecimalFloat && !isPrefixed ? undefined : text.replaceAll('_', '');
}

function integerOf(digits: string): bigint | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(digits) || /^0[bB][01]+$/.test(digits)) return BigInt(digits.toLowerCase());
  if (/^0[oO]?[0-7]+$/.test(digits)) return BigInt(`0o${digits.replace(/^0[oO]?/, '')}`);
  return /^(?:0|[1-9]\d*)$/.test(digits) ? BigInt(digits) : undefined;
}

function bounded(value: bigint): bigint | 'overflow' | undefined {
  if (value >= -MAX_INT64 - 1n && value <= MAX_INT64) return value;
  return value > 0n && value <= MAX_UINT64 ? 'overflow' : undefined;
}

function floatOf(digits: string): number | undefined {
  const hex = hexFloat.exec(digits);
  if (hex) {
    const [, whole = '', fraction = '', exponent = '0'] = hex;
    if (whole + fraction === '') return undefined;
    const value = Number.parseInt(`${whole}${fraction}` || '0', 16);
    return finite(value * 2 ** (Number(exponent) - 4 * fraction.length));
  }
  // Without a point or an exponent it should have been an integer.
  if (!/^(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?$/.test(digits)) return undefined;
  return finite(Number(digits));
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
