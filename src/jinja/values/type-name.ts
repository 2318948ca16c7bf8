import { Callable } from './callable.ts';
import { Dict } from './dict.ts';
import { DictView } from './dict-view.ts';
import { Float } from './float.ts';
import { LazyList } from './lazy-list.ts';
import { Loop } from './loop.ts';
import { Markup } from './markup.ts';
import { Namespace } from './namespace.ts';
import { Range } from './range.ts';
import { Tuple } from './tuple.ts';
import type { Value } from './value.ts';

/** Python's name for the type of a value. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint') return 'int';
  if (typeof value === 'string') return 'str';
  return Array.isArray(value) ? 'list' : classNameOf(value);
}

function classNameOf(value: Exclude<Value, null | boolean | number | bigint | string | Value[]>): string {
  if (value instanceof Float) return 'float';
  if (value instanceof Markup) return 'Markup';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Dict) return 'dict';
  if (value instanceof DictView) return `dict_${value.kind}`;
  if (value instanceof Range) return 'range';
  if (value instanceof LazyList || value instanceof Callable) return value.typeName;
  if (value instanceof Namespace) return 'Namespace';
  return value instanceof Loop ? 'LoopContext' : 'Undefined';
}
