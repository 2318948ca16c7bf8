import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { ELEMENT_BYTES, SPLIT_CHARACTER_BYTES } from '../limits.ts';
import { codePointLength } from './characters.ts';
import { Dict } from './dict.ts';
import { DictView } from './dict-view.ts';
import { isText, plain } from './kinds.ts';
import { LazyList } from './lazy-list.ts';
import { Loop } from './loop.ts';
import { Range } from './range.ts';
import { Tuple } from './tuple.ts';
import { typeName } from './type-name.ts';
import { Undefined } from './undefined.ts';
import type { Value } from './value.ts';

/** The elements of a value as Python's iter gives them; undefined if it has none. */
export function iteratorOf(value: Value, meter: WorkMeter): Iterator<Value> | undefined {
  if (Array.isArray(value)) return value.values();
  if (typeof value === 'string') return charactersOf(value, meter);
  if (value instanceof Tuple) return value.items.values();
  if (value instanceof Dict) return value.keys();
  if (value instanceof DictView) return value.elements(meter);
  if (value instanceof Range) return value.elements();
  if (value instanceof LazyList) return value.elements;
  if (value instanceof Undefined) return [].values();
  if (isText(value)) return charactersOf(plain(value), meter);
  return value instanceof Loop ? loopElements(value, meter) : undefined;
}

function charactersOf(text: string, meter: WorkMeter): Iterator<Value> {
  meter.allocate(text.length * SPLIT_CHARACTER_BYTES);
  return text[Symbol.iterator]();
}

/** A template that iterates over its own loop takes the elements away from it. */
function* loopElements(loop: Loop, meter: WorkMeter): Generator<Value> {
  for (let element = loop.advance(); element !== undefined; element = loop.advance()) {
    meter.allocate(ELEMENT_BYTES);
    yield new Tuple([element, loop]);
  }
}

/** Counts a step for each element. @throws JinjaError if the value has no elements */
export function elementsOf(value: Value, meter: WorkMeter): Iterable<Value> {
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (!items) return countedElements(value, meter);
  meter.step(items.length);
  return items;
}

function* countedElements(value: Value, meter: WorkMeter): Generator<Value> {
  const iterator = iteratorOf(value, meter);
  if (!iterator) throw new JinjaError(`'${typeName(value)}' object is not iterable`);
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    meter.step();
    yield next.value;
  }
}

/** A new list of the elements. @throws JinjaError if the value has none @throws OverLimit */
export function listOf(value: Value, meter: WorkMeter): Value[] {
  const known = Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (known) {
    meter.allocate(known.length * ELEMENT_BYTES);
    meter.step(known.length);
    return known.slice();
  }
  const list: Value[] = [];
  for (const element of elementsOf(value, meter)) {
    meter.allocate(ELEMENT_BYTES);
    list.push(element);
  }
  return list;
}

/** Python's len; undefined if the value has none. */
export function lengthOf(value: Value, meter: WorkMeter): number | undefined {
  if (isText(value)) return codePointLength(plain(value), meter);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof DictView) return value.dict.size;
  if (value instanceof Undefined) return 0;
  return value instanceof Range || value instanceof Loop ? value.length : undefined;
}
