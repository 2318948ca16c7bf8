import { exponentFloat, fixedFloat, generalFloat } from './float.ts';
import { padded, type VerbFlags } from './padding.ts';

export function formatFloat(verb: string, value: number, flags: VerbFlags): string | undefined {
  const { precision } = flags;
  const text = floatText(verb, value, precision);
  if (text === undefined) return undefined;
  const isSigned = /^[-+]/.test(text);
  const sign = isSigned ? text.slice(0, 1) : flags.plus ? '+' : flags.space ? ' ' : '';
  const isPlainInfinity = sign === '+' && !flags.plus;
  const shown = (isPlainInfinity && verb !== 'v' ? '+' : sign) + (isSigned ? text.slice(1) : text);
  if (!flags.zero || !Number.isFinite(value)) return padded(shown, { ...flags, zero: false });
  return sign + shown.slice(sign.length).padStart((flags.width ?? 0) - sign.length, '0');
}

function floatText(verb: string, value: number, precision: number | undefined): string | undefined {
  switch (verb) {
    case 'v':
      return generalFloat(value, precision);
    case 'g':
    case 'G': {
      const text = generalFloat(value, precision);
      return verb === 'G' ? text.toUpperCase().replace('INF', 'Inf').replace('NAN', 'NaN') : text;
    }
    case 'e':
    case 'E': {
      const text = exponentFloat(value, precision);
      return verb === 'E' ? text.replace('e', 'E') : text;
    }
    case 'f':
    case 'F':
      return fixedFloat(value, precision);
    default:
      return undefined;
  }
}
