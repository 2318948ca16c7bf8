import { Float } from './float.ts';
import { Markup } from './markup.ts';
import type { Numeric, Text, Value } from './value.ts';

export function isText(value: Value | undefined): value is Text {
  return typeof value === 'string' || value instanceof Markup;
}

/** The characters of a text. */
export function plain(text: Text): string {
  return typeof text === 'string' ? text : text.text;
}

/** Like another text: marked as safe if that is. */
export function like(model: Text, text: string): Text {
  return typeof model === 'string' ? text : new Markup(text);
}

export function isNumeric(value: Value): value is Numeric {
  const type = typeof value;
  return type === 'number' || type === 'boolean' || type === 'bigint' || value instanceof Float;
}

/** Whether the value is one of Python's ints, to which the booleans belong. */
export function isInteger(value: Value | undefined): value is number | bigint | boolean {
  const type = typeof value;
  return type === 'number' || type === 'boolean' || type === 'bigint';
}
