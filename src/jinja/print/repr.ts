import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { COPIES, MAX_VALUE_DEPTH } from '../limits.ts';
import { Callable } from '../values/callable.ts';
import { Dict } from '../values/dict.ts';
import { DictView } from '../values/dict-view.ts';
import { Float } from '../values/float.ts';
import { Loop } from '../values/loop.ts';
import { Markup } from '../values/markup.ts';
import { Namespace } from '../values/namespace.ts';
import { Range } from '../values/range.ts';
import { Tuple } from '../values/tuple.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { floatText } from './float-text.ts';

/** A value as Python's repr writes it. @throws JinjaError for one without a text @throws OverLimit */
export function repr(value: Value, meter: WorkMeter, depth = 0): string {
  meter.step();
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quoted(value, meter);
  if (typeof value !== 'object') return String(value);
  if (depth > MAX_VALUE_DEPTH)
    throw new JinjaError('maximum recursion depth exceeded while getting the repr of an object');
  if (value instanceof Float) return floatText(value.value);
  if (Array.isArray(value)) return `[${items(value, meter, depth)}]`;
  if (value instanceof Dict) return pairs(value.entries(), meter, depth);
  if (value instanceof Tuple) return tuple(value.items, meter, depth);
  return reprOfObject(value, meter, depth);
}

function reprOfObject(
  value: Exclude<Value, null | string | Value[]>,
  meter: WorkMeter,
  depth: number,
): string {
  if (value instanceof Markup) return `Markup(${quoted(value.text, meter)})`;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof DictView)
    return `dict_${value.kind}([${items(value.elements(meter), meter, depth + 1)}])`;
  if (value instanceof Range) {
    const step = value.step === 1 ? '' : `, ${value.step}`;
    return `range(${value.start}, ${value.stop}${step})`;
  }
  if (value instanceof Namespace) return `<Namespace ${pairs(value.attributes, meter, depth)}>`;
  if (value instanceof Loop) return `<LoopContext ${value.index + 1}/${value.length}>`;
  if (value instanceof Callable && value.typeName === 'Macro') return `<Macro ${quoted(value.name, meter)}>`;
  // Python prints an address, which no template can mean.
  throw new JinjaError(`a ${typeName(value)} has no text`);
}

function tuple(values: readonly Value[], meter: WorkMeter, depth: number): string {
  return `(${items(values, meter, depth)}${values.length === 1 ? ',' : ''})`;
}

function items(values: Iterable<Value>, meter: WorkMeter, depth: number): string {
  let text = '';
  for (const value of values) {
    const part = repr(value, meter, depth + 1);
    meter.write(part.length + 2);
    text += text === '' ? part : `, ${part}`;
  }
  return text;
}

function pairs(entries: Iterable<readonly [Value, Value]>, meter: WorkMeter, depth: number): string {
  let text = '';
  for (const [key, value] of entries) {
    const part = `${repr(key, meter, depth + 1)}: ${repr(value, meter, depth + 1)}`;
    meter.write(part.length + 2);
    text += text === '' ? part : `, ${part}`;
  }
  return `{${text}}`;
}

const short: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** What Python does not print: control and format characters, separators except the space, and what is not assigned. */
const unprintable = /[\\\p{C}\p{Z}]/u;
const unprintables = /[\\'\p{C}\p{Z}]/gu;

/** A text as Python's repr writes it. @throws OverLimit */
export function quoted(text: string, meter: WorkMeter): string {
  meter.read(text.length * COPIES);
  const hasSingle = text.includes("'");
  const quote = hasSingle && !text.includes('"') ? '"' : "'";
  if (!hasSingle && !unprintable.test(text.replaceAll(' ', ''))) return meter.made(`${quote}${text}${quote}`);
  // The longest escape has ten characters.
  meter.ensure(text.length * 20);
  const escaped = text.replace(unprintables, (character) => {
    if (character === ' ') return character;
    if (character === "'") return quote === "'" ? "\\'" : "'";
    return short[character] ?? codeEscape(character);
  });
  return meter.made(`${quote}${escaped}${quote}`);
}

function codeEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code <= 0xff) return `\\x${digits.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}
