import { JinjaError } from '../../errors.ts';
import type { Arguments, Rendering } from '../../values/callable.ts';
import { elementsOf } from '../../values/iteration.ts';
import { isText, plain } from '../../values/kinds.ts';
import { LazyList } from '../../values/lazy-list.ts';
import { isTrue } from '../../values/truth.ts';
import type { Value } from '../../values/value.ts';
import type { Operation } from '../operation.ts';
import { attributeGetter, type Getter } from './attribute-path.ts';

/** `map('upper')` applies a filter, `map(attribute='name')` takes an attribute. */
function mapped(passed: Arguments, rendering: Rendering): Getter {
  const { positional, named } = passed;
  if (positional.length === 0 && named.has('attribute')) {
    for (const name of named.keys()) {
      if (name !== 'attribute' && name !== 'default')
        throw new JinjaError(`Unexpected keyword argument '${name}'`);
    }
    return attributeGetter(named.get('attribute'), rendering.meter, named.get('default') ?? null);
  }
  const [name, ...rest] = positional;
  if (name === undefined) throw new JinjaError('map requires a filter argument');
  return (element) => rendering.filter(nameOf(name), element, { positional: rest, named });
}

function* map(input: Value, passed: Arguments, rendering: Rendering): Generator<Value> {
  if (!isTrue(input)) return;
  const apply = mapped(passed, rendering);
  for (const element of elementsOf(input, rendering.meter)) yield apply(element);
}

/** Whether an element passes the test that the arguments name. */
function condition(
  { positional, named }: Arguments,
  hasAttribute: boolean,
  rendering: Rendering,
): (element: Value) => boolean {
  const [attribute] = positional;
  if (hasAttribute && attribute === undefined) throw new JinjaError('Missing parameter for attribute name');
  const get = hasAttribute ? attributeGetter(attribute, rendering.meter) : (element: Value) => element;
  const [name, ...rest] = hasAttribute ? positional.slice(1) : positional;
  if (name === undefined) return (element) => isTrue(get(element));
  return (element) => rendering.test(nameOf(name), get(element), { positional: rest, named });
}

function nameOf(value: Value): string {
  if (!isText(value)) throw new JinjaError('the name of a filter or test must be a text');
  return plain(value);
}

function selection(isKept: boolean, hasAttribute: boolean): Operation {
  function* select(input: Value, passed: Arguments, rendering: Rendering): Generator<Value> {
    if (!isTrue(input)) return;
    const holds = condition(passed, hasAttribute, rendering);
    for (const element of elementsOf(input, rendering.meter)) if (holds(element) === isKept) yield element;
  }
  return (input, passed, rendering) => new LazyList(select(input, passed, rendering));
}

/** Filters that apply another filter or a test to each element. */
export const selectionFilters: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['map', (input, passed, rendering) => new LazyList(map(input, passed, rendering))],
  ['select', selection(true, false)],
  ['reject', selection(false, false)],
  ['selectattr', selection(true, true)],
  ['rejectattr', selection(false, true)],
]);
