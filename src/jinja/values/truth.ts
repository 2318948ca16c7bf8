import { Dict } from './dict.ts';
import { DictView } from './dict-view.ts';
import { Float } from './float.ts';
import { Loop } from './loop.ts';
import { Markup } from './markup.ts';
import { Range } from './range.ts';
import { Tuple } from './tuple.ts';
import { Undefined } from './undefined.ts';
import type { Value } from './value.ts';

/** Truth as in Python: everything except None, False, 0, empty values and what is undefined. */
export function isTrue(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Undefined) return false;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof Markup) return value.text !== '';
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof DictView) return value.dict.size > 0;
  return value instanceof Range || value instanceof Loop ? value.length > 0 : true;
}
