import { padded, type VerbFlags } from './padding.ts';
import { quoted } from './quote.ts';

const bases: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const prefixes: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };

export function formatInteger(verb: string, value: bigint, flags: VerbFlags): string | undefined {
  const base = Object.hasOwn(bases, verb) ? bases[verb] : undefined;
  if (base === undefined) return formatCharacter(verb, value, flags);
  if (flags.precision === 0 && value === 0n) return ' '.repeat(flags.width ?? 0);
  const sign = value < 0n ? '-' : plusOf(flags);
  const digits = paddedDigits((value < 0n ? -value : value).toString(base), sign, flags);
  const text = sign + prefixOf(verb, digits, flags) + digits;
  return padded(verb === 'X' ? text.toUpperCase() : text, flags, false);
}

function plusOf({ plus, space }: VerbFlags): string {
  if (plus) return '+';
  return space ? ' ' : '';
}

function paddedDigits(digits: string, sign: string, { precision, width = 0, zero }: VerbFlags): string {
  const isFilled = zero && precision === undefined;
  return digits.padStart(isFilled ? width - sign.length : (precision ?? 0), '0');
}

function prefixOf(verb: string, digits: string, { sharp }: VerbFlags): string {
  if (verb === 'O') return '0o';
  if (!sharp || (verb === 'o' && digits.startsWith('0'))) return '';
  return prefixes[verb] ?? '';
}

const MAX_CODE_POINT = 0x10ffffn;

function formatCharacter(verb: string, value: bigint, flags: VerbFlags): string | undefined {
  const isValid = value >= 0n && value <= MAX_CODE_POINT && !(value >= 0xd800n && value <= 0xdfffn);
  const character = isValid ? String.fromCodePoint(Number(value)) : '\ufffd';
  if (verb === 'c') return padded(character, flags);
  if (verb === 'q') return padded(quoted(character, "'", flags.plus), flags);
  if (verb !== 'U') return undefined;
  const code = `U+${value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, flags.precision ?? 0), '0')}`;
  return padded(flags.sharp && isValid ? `${code} '${character}'` : code, flags, false);
}
