import { JinjaError } from '../../errors.ts';
import { ELEMENT_BYTES } from '../../limits.ts';
import { arithmetic } from '../../operators/arithmetic.ts';
import { floorDivide, integerModulo } from '../../operators/number.ts';
import { slice } from '../../operators/slice.ts';
import type { Rendering } from '../../values/callable.ts';
import { Dict } from '../../values/dict.ts';
import { DictView } from '../../values/dict-view.ts';
import { elementsOf, iteratorOf, listOf } from '../../values/iteration.ts';
import { isText } from '../../values/kinds.ts';
import { LazyList } from '../../values/lazy-list.ts';
import { Range } from '../../values/range.ts';
import { Tuple } from '../../values/tuple.ts';
import { typeName } from '../../values/type-name.ts';
import { Undefined } from '../../values/undefined.ts';
import type { Value } from '../../values/value.ts';
import { countArgument } from '../arguments.ts';
import { type Operation, operations } from '../operation.ts';
import { attributeGetter } from './attribute-path.ts';

type Values = readonly (Value | undefined)[];

/** The elements from the last to the first; undefined for values that can only be read forwards. */
function backwards(value: Value, { meter }: Rendering): Value[] | undefined {
  const isReversible =
    Array.isArray(value) ||
    isText(value) ||
    [Tuple, Range, Dict, DictView, Undefined].some((type) => value instanceof type);
  return isReversible ? listOf(value, meter).reverse() : undefined;
}

function first([input = null]: Values, { meter }: Rendering): Value {
  const [known] = Array.isArray(input) ? input : [];
  if (known !== undefined) return known;
  for (const element of elementsOf(input, meter)) return element;
  return new Undefined('no first item, the sequence was empty');
}

function last([input = null]: Values, rendering: Rendering): Value {
  if (Array.isArray(input)) return lastOf(input);
  const reversed = backwards(input, rendering);
  if (!reversed) throw new JinjaError(`'${typeName(input)}' object is not reversible`);
  return lastOf(reversed.reverse());
}

function lastOf(list: readonly Value[]): Value {
  const element = list.at(-1);
  return element === undefined ? new Undefined('no last item, the sequence was empty') : element;
}

function reversed([input = null]: Values, rendering: Rendering): Value {
  if (isText(input)) return slice(input, { start: null, stop: null, step: -1 }, rendering.meter);
  const list = backwards(input, rendering);
  if (list) return new LazyList(list.values(), 'list_reverseiterator');
  if (!iteratorOf(input, rendering.meter)) throw new JinjaError('argument must be iterable');
  return listOf(input, rendering.meter).reverse();
}

function* items(input: Value): Generator<Value> {
  if (input instanceof Undefined) return;
  if (!(input instanceof Dict)) throw new JinjaError('Can only get item pairs from a mapping.');
  for (const entry of input.entries()) yield new Tuple(entry);
}

function* batches(input: Value, size: Value, fill: Value, { meter }: Rendering): Generator<Value> {
  const count = countArgument(size, 'linecount');
  let batch: Value[] = [];
  for (const element of elementsOf(input, meter)) {
    if (batch.length === count) {
      yield batch;
      batch = [];
    }
    meter.allocate(ELEMENT_BYTES);
    batch.push(element);
  }
  if (batch.length === 0) return;
  const missing = fill === null ? 0 : Math.max(count - batch.length, 0);
  meter.allocate(missing * ELEMENT_BYTES);
  for (let added = 0; added < missing; added++) batch.push(fill);
  yield batch;
}

function* slices(input: Value, count: Value, fill: Value, { meter }: Rendering): Generator<Value> {
  const list = listOf(input, meter);
  const number = countArgument(count, 'slices');
  const [size, larger] = [
    Number(floorDivide(list.length, number)),
    Number(integerModulo(list.length, number)),
  ];
  let start = 0;
  for (let index = 0; index < number; index++) {
    const end = start + size + (index < larger ? 1 : 0);
    const part = list.slice(start, end);
    meter.step();
    meter.allocate((part.length + 1) * ELEMENT_BYTES);
    if (fill !== null && index >= larger) part.push(fill);
    yield part;
    start = end;
  }
}

function sum([input = null, attribute, start = 0]: Values, { meter }: Rendering): Value {
  if (isText(start)) throw new JinjaError("sum() can't sum strings [use ''.join(seq) instead]");
  const get = attributeGetter(attribute, meter);
  let total: Value = start;
  for (const element of elementsOf(input, meter)) total = arithmetic['+'](total, get(element), meter);
  return total;
}

function random([input = null]: Values, { meter }: Rendering): Value {
  if (input instanceof Dict) throw new JinjaError('a mapping has no random item');
  const list = listOf(input, meter);
  if (list.length === 0) return new Undefined('no random item, the sequence was empty');
  return list[Math.floor(Math.random() * list.length)] ?? null;
}

/** Filters that take or make lists. */
export const listFilters: ReadonlyMap<string, Operation> = operations<Value>({
  first: ['', first],
  last: ['', last],
  list: ['', ([input = null], { meter }) => listOf(input, meter)],
  reverse: ['', reversed],
  items: ['', ([input = null]) => new LazyList(items(input))],
  batch: [
    'linecount! fill_with',
    ([input = null, count = null, fill = null], rendering) =>
      new LazyList(batches(input, count, fill, rendering)),
  ],
  slice: [
    'slices! fill_with',
    ([input = null, count = null, fill = null], rendering) =>
      new LazyList(slices(input, count, fill, rendering)),
  ],
  sum: ['attribute start', sum],
  random: ['', random],
});
