import type { WorkMeter } from '../../base/work-meter.ts';
import { elementsOf, isList, isMap, type Result, sortedKeys, typeName } from '../kinds.ts';
import { GoObject } from '../value.ts';
import { formatFloat } from './float-verbs.ts';
import { formatInteger } from './integer-verbs.ts';
import { joined } from './joined.ts';
import { padded, type VerbFlags } from './padding.ts';
import { plain } from './print.ts';
import { quoted } from './quote.ts';

/** Formats one value with a verb of Go's fmt. @throws OverLimit */
export function formatVerb(verb: string, value: Result, flags: VerbFlags, meter: WorkMeter): string {
  meter.step();
  if (verb === 'T') return padded(typeName(value), flags);
  if (value === null || value === undefined) {
    return verb === 'v' ? padded('<nil>', flags) : `%!${verb}(<nil>)`;
  }
  if (value instanceof GoObject) return formatObject(verb, value, flags, meter);
  if (isList(value)) {
    const items = elementsOf(value).map((item) => formatItem(verb, item, flags, meter));
    return `[${joined(items, ' ', meter)}]`;
  }
  if (isMap(value)) {
    const entries = sortedKeys(value).map(
      (key) => `${formatVerb(verb, key, flags, meter)}:${formatItem(verb, value.get(key), flags, meter)}`,
    );
    return `map[${joined(entries, ' ', meter)}]`;
  }
  return formatBasic(verb, value, flags, meter) ?? `%!${verb}(${typeName(value)}=${plain(value, meter)})`;
}

/** In lists and maps, nil is printed the same with every verb. */
function formatItem(verb: string, value: Result, flags: VerbFlags, meter: WorkMeter): string {
  if (value === null || value === undefined) return '<nil>';
  return meter.made(formatVerb(verb, value, flags, meter));
}

function formatObject(verb: string, value: GoObject, flags: VerbFlags, meter: WorkMeter): string {
  if (value.toText && 'vsxXq'.includes(verb)) {
    const text = meter.made(value.toText());
    return formatBasic(verb, text, flags, meter) ?? text;
  }
  return padded(plain(value, meter), flags);
}

function formatBasic(
  verb: string,
  value: boolean | string | bigint | number,
  flags: VerbFlags,
  meter: WorkMeter,
): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return verb === 't' || verb === 'v' ? padded(String(value), flags) : undefined;
    case 'string':
      return formatText(verb, value, flags, meter);
    case 'bigint':
      return formatInteger(verb, value, flags);
    case 'number':
      return formatFloat(verb, value, flags);
  }
}

function formatText(verb: string, value: string, flags: VerbFlags, meter: WorkMeter): string | undefined {
  const { precision } = flags;
  meter.read(value.length);
  const cut = precision === undefined ? value : firstCharacters(value, precision);
  switch (verb) {
    case 'v':
      return padded(flags.sharp ? quoted(cut, '"', false, meter) : cut, flags);
    case 's':
      return padded(cut, flags);
    case 'q':
      if (flags.sharp && !cut.includes('`') && !/[\p{Cc}\uFEFF]/u.test(cut))
        return padded(`\`${cut}\``, flags);
      return padded(quoted(cut, '"', flags.plus, meter), flags);
    case 'x':
    case 'X':
      return padded(hexText(value, verb, flags, meter), flags);
    default:
      return undefined;
  }
}

function firstCharacters(text: string, count: number): string {
  let end = 0;
  for (let taken = 0; taken < count && end < text.length; taken++) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

/** Characters of a byte with the prefix and a space, and what it takes to look for the bytes. */
const HEX_LENGTH = 16;

/** Bytes in hexadecimal; the precision limits the number of bytes. */
function hexText(
  value: string,
  verb: string,
  { precision, sharp, space }: VerbFlags,
  meter: WorkMeter,
): string {
  meter.ensure(value.length * HEX_LENGTH);
  meter.read(value.length * HEX_LENGTH);
  const hex = Buffer.from(value).subarray(0, precision).toString('hex');
  const prefix = sharp ? '0x' : '';
  const text = space
    ? hex.replace(/../g, (pair, at: number) => (at > 0 ? ' ' : '') + prefix + pair)
    : (hex === '' ? '' : prefix) + hex;
  return verb === 'X' ? text.toUpperCase() : text;
}
