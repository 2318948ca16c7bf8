/** The values of a template. They behave as Python's: what JavaScript has no type for is a class of this folder. */
import type { Callable } from './callable.ts';
import type { Dict } from './dict.ts';
import type { DictView } from './dict-view.ts';
import type { Float } from './float.ts';
import type { LazyList } from './lazy-list.ts';
import type { Loop } from './loop.ts';
import type { Markup } from './markup.ts';
import type { Namespace } from './namespace.ts';
import type { Range } from './range.ts';
import type { Tuple } from './tuple.ts';
import type { Undefined } from './undefined.ts';

/** Python's int: a number within the safe integers, otherwise a bigint. */
export type Integer = number | bigint;

/** Anything that Python computes with; a boolean counts as 0 or 1. */
export type Numeric = boolean | Integer | Float;

/** Python's str, which may be marked as safe in HTML. */
export type Text = string | Markup;

/** null is None, an array a list. */
export type Value =
  | null
  | Numeric
  | Text
  | Value[]
  | Tuple
  | Dict
  | DictView
  | Range
  | LazyList
  | Namespace
  | Loop
  | Callable
  | Undefined;
