import { isList, isMap, type Result, sortedKeys, typeName } from '../kinds.ts';
import { GoObject } from '../value.ts';
import { formatFloat } from './float-verbs.ts';
import { formatInteger } from './integer-verbs.ts';
import { padded, type VerbFlags } from './padding.ts';
import { plain } from './print.ts';
import { quoted } from './quote.ts';

/** Formats one value with a verb of Go's fmt. */
export function formatVerb(verb: string, value: Result, flags: VerbFlags): string {
  if (verb === 'T') return padded(typeName(value), flags);
  if (value === null || value === undefined) {
    return verb === 'v' ? padded('<nil>', flags) : `%!${verb}(<nil>)`;
  }
  if (value instanceof GoObject) return formatObject(verb, value, flags);
  if (isList(value)) return `[${value.map((item) => formatItem(verb, item, flags)).join(' ')}]`;
  if (isMap(value)) {
    const entries = sortedKeys(value).map(
      (key) => `${formatVerb(verb, key, flags)}:${formatItem(verb, value.get(key), flags)}`,
    );
    return `map[${entries.join(' ')}]`;
  }
  return formatBasic(verb, value, flags) ?? `%!${verb}(${typeName(value)}=${plain(value)})`;
}

/** In lists and maps, nil is printed the same with every verb. */
function formatItem(verb: string, value: Result, flags: VerbFlags): string {
  return value === null || value === undefined ? '<nil>' : formatVerb(verb, value, flags);
}

function formatObject(verb: string, value: GoObject, flags: VerbFlags): string {
  if (value.toText && 'vsxXq'.includes(verb)) {
    return formatBasic(verb, value.toText(), flags) ?? value.toText();
  }
  return padded(plain(value), flags);
}

function formatBasic(
  verb: string,
  value: boolean | string | bigint | number,
  flags: VerbFlags,
): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return verb === 't' || verb === 'v' ? padded(String(value), flags) : undefined;
    case 'string':
      return formatText(verb, value, flags);
    case 'bigint':
      return formatInteger(verb, value, flags);
    case 'number':
      return formatFloat(verb, value, flags);
  }
}

function formatText(verb: string, value: string, flags: VerbFlags): string | undefined {
  const { precision } = flags;
  const cut = precision === undefined ? value : Array.from(value).slice(0, precision).join('');
  switch (verb) {
    case 'v':
      return padded(flags.sharp ? quoted(cut, '"') : cut, flags);
    case 's':
      return padded(cut, flags);
    case 'q':
      if (flags.sharp && !cut.includes('`') && !/[\p{Cc}\uFEFF]/u.test(cut))
        return padded(`\`${cut}\``, flags);
      return padded(quoted(cut, '"', flags.plus), flags);
    case 'x':
    case 'X':
      return padded(hexText(value, verb, flags), flags);
    default:
      return undefined;
  }
}

/** Bytes in hexadecimal; the precision limits the number of bytes. */
function hexText(value: string, verb: string, { precision, sharp, space }: VerbFlags): string {
  const bytes = [...Buffer.from(value).subarray(0, precision)];
  const prefix = sharp ? '0x' : '';
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
  const text = space
    ? digits.map((pair) => prefix + pair).join(' ')
    : (bytes.length > 0 ? prefix : '') + digits.join('');
  return verb === 'X' ? text.toUpperCase() : text;
}
