import type { WorkMeter } from '../../../base/work-meter.ts';
import { JinjaError } from '../../errors.ts';
import { ELEMENT_BYTES } from '../../limits.ts';
import { isEqual } from '../../operators/equality.ts';
import { isOrdered } from '../../operators/ordering.ts';
import type { Rendering } from '../../values/callable.ts';
import { Dict, hashOf } from '../../values/dict.ts';
import { elementsOf, listOf } from '../../values/iteration.ts';
import { isText, plain } from '../../values/kinds.ts';
import { LazyList } from '../../values/lazy-list.ts';
import { isTrue } from '../../values/truth.ts';
import { Tuple } from '../../values/tuple.ts';
import { typeName } from '../../values/type-name.ts';
import { Undefined } from '../../values/undefined.ts';
import type { Value } from '../../values/value.ts';
import { lower } from '../letter-case.ts';
import { type Operation, operations } from '../operation.ts';
import { attributeGetter, attributeGetters, type Getter } from './attribute-path.ts';

type Values = readonly (Value | undefined)[];

/** The value by which an element is ordered. */
function keyOf(value: Value, isCaseSensitive: boolean, meter: WorkMeter): Value {
  return !isCaseSensitive && isText(value) ? meter.made(lower(plain(value))) : value;
}

/** Sorts as Python does: elements of equal keys keep their order, also backwards. */
function sorted(elements: readonly Value[], key: Getter, isReversed: boolean, meter: WorkMeter): Value[] {
  const keyed = elements.map((element) => ({ element, key: key(element) }));
  meter.allocate(elements.length * ELEMENT_BYTES * 2);
  const sign = isReversed ? -1 : 1;
  keyed.sort((left, right) => {
    meter.step();
    if (isOrdered('<', left.key, right.key, meter)) return -sign;
    return isOrdered('<', right.key, left.key, meter) ? sign : 0;
  });
  return keyed.map(({ element }) => element);
}

function sort(
  [input = null, isReversed = false, isCaseSensitive = false, attribute]: Values,
  { meter }: Rendering,
): Value {
  const getters = attributeGetters(attribute, meter);
  const sensitive = isTrue(isCaseSensitive);
  const key: Getter = (element) => getters.map((get) => keyOf(get(element), sensitive, meter));
  return sorted(listOf(input, meter), key, isTrue(isReversed), meter);
}

function dictSort(
  [input = null, isCaseSensitive = false, by = 'key', isReversed = false]: Values,
  { meter }: Rendering,
): Value {
  if (input instanceof Undefined) return input.fail();
  const place = isText(by) ? ['key', 'value'].indexOf(plain(by)) : -1;
  if (place < 0) throw new JinjaError('You can only sort by either "key" or "value"');
  if (!(input instanceof Dict)) throw new JinjaError(`'${typeName(input)}' object has no attribute 'items'`);
  const entries = Array.from(input.entries(), (entry) => new Tuple(entry));
  const key: Getter = (element) =>
    element instanceof Tuple ? keyOf(element.items[place] ?? null, isTrue(isCaseSensitive), meter) : null;
  return sorted(entries, key, isTrue(isReversed), meter);
}

/** The first of the smallest or largest elements. */
function extreme(operator: '<' | '>') {
  return ([input = null, isCaseSensitive = false, attribute]: Values, { meter }: Rendering): Value => {
    const get = attributeGetter(attribute, meter);
    let best: { element: Value; key: Value } | undefined;
    for (const element of elementsOf(input, meter)) {
      const key = keyOf(get(element), isTrue(isCaseSensitive), meter);
      if (!best || isOrdered(operator, key, best.key, meter)) best = { element, key };
    }
    return best ? best.element : new Undefined('no aggregated item, the sequence was empty');
  };
}

function* unique(
  input: Value,
  isCaseSensitive: boolean,
  get: Getter,
  { meter }: Rendering,
): Generator<Value> {
  const seen = new Set<unknown>();
  for (const element of elementsOf(input, meter)) {
    const key = hashOf(keyOf(get(element), isCaseSensitive, meter), meter);
    if (seen.has(key)) continue;
    meter.allocate(ELEMENT_BYTES);
    seen.add(key);
    yield element;
  }
}

/** Tuples of a key and the elements with that key. */
function groups(
  [input = null, attribute = null, standard = null, isCaseSensitive = false]: Values,
  { meter }: Rendering,
): Value {
  const get = attributeGetter(attribute, meter, standard);
  const key: Getter = (element) => keyOf(get(element), isTrue(isCaseSensitive), meter);
  const found: { key: Value; elements: Value[] }[] = [];
  for (const element of sorted(listOf(input, meter), key, false, meter)) {
    const group = found.at(-1);
    const own = key(element);
    meter.allocate(ELEMENT_BYTES);
    if (group && isEqual(group.key, own, meter)) group.elements.push(element);
    else found.push({ key: own, elements: [element] });
  }
  return found.map(({ elements }) => new Tuple([get(elements[0] ?? null), elements], ['grouper', 'list']));
}

/** Filters that compare elements. */
export const orderFilters: ReadonlyMap<string, Operation> = operations<Value>({
  sort: ['reverse case_sensitive attribute', sort],
  dictsort: ['case_sensitive by reverse', dictSort],
  min: ['case_sensitive attribute', extreme('<')],
  max: ['case_sensitive attribute', extreme('>')],
  unique: [
    'case_sensitive attribute',
    ([input = null, isCaseSensitive = false, attribute], rendering) =>
      new LazyList(
        unique(input, isTrue(isCaseSensitive), attributeGetter(attribute, rendering.meter), rendering),
      ),
  ],
  groupby: ['attribute! default case_sensitive', groups],
});
