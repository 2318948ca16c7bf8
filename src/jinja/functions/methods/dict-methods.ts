import { JinjaError } from '../../errors.ts';
import { repr } from '../../print/repr.ts';
import type { Rendering } from '../../values/callable.ts';
import { Dict } from '../../values/dict.ts';
import { DictView } from '../../values/dict-view.ts';
import { elementsOf, listOf } from '../../values/iteration.ts';
import { Tuple } from '../../values/tuple.ts';
import { typeName } from '../../values/type-name.ts';
import type { Value } from '../../values/value.ts';
import { type Operation, operation, operations } from '../operation.ts';

function dict(value: Value | undefined): Dict {
  if (value instanceof Dict) return value;
  throw new JinjaError(`expected a dict, not ${typeName(value ?? null)}`);
}

/** Methods of mappings. Those that change one are what jinja2's sandbox forbids and some templates use. */
export const dictMethods: ReadonlyMap<string, Operation> = new Map([
  ...operations<Value>({
    keys: ['/', ([self]) => new DictView('keys', dict(self))],
    values: ['/', ([self]) => new DictView('values', dict(self))],
    items: ['/', ([self]) => new DictView('items', dict(self))],
    get: [
      'key! default /',
      ([self, key = null, otherwise = null], { meter }) => {
        const value = dict(self).get(key, meter);
        return value === undefined ? otherwise : value;
      },
    ],
    copy: ['/', ([self], { meter }) => Dict.of(dict(self).entries(), meter)],
    pop: [
      'key! default /',
      ([self, key = null, otherwise], rendering) => pop(dict(self), key, otherwise, rendering),
    ],
    setdefault: [
      'key! default /',
      ([self, key = null, value = null], { meter }) => {
        const known = dict(self).get(key, meter);
        if (known === undefined) dict(self).set(key, value, meter);
        return known === undefined ? value : known;
      },
    ],
    clear: [
      '/',
      ([self], { meter }) => {
        for (const key of [...dict(self).keys()]) dict(self).delete(key, meter);
        return null;
      },
    ],
  }),
  ['update', update],
]);

const updateFrom = operation<null>('update', 'other /', ([self, other], { meter }) => {
  if (other !== undefined)
    for (const [key, value] of entriesOf(other, meter)) dict(self).set(key, value, meter);
  return null;
});

function update(self: Value, { positional, named }: Parameters<Operation>[1], rendering: Rendering): null {
  updateFrom(self, { positional, named: new Map() }, rendering);
  for (const [key, value] of named) dict(self).set(key, value, rendering.meter);
  return null;
}

function pop(self: Dict, key: Value, otherwise: Value | undefined, { meter }: Rendering): Value {
  const value = self.get(key, meter);
  if (value === undefined && otherwise === undefined) throw new JinjaError(`no key ${repr(key, meter)}`);
  self.delete(key, meter);
  return value === undefined ? (otherwise ?? null) : value;
}

/** What Python's dict takes: a mapping, or pairs. @throws JinjaError */
export function* entriesOf(source: Value, meter: Rendering['meter']): Generator<[Value, Value]> {
  if (source instanceof Dict) {
    for (const entry of source.entries()) {
      meter.step();
      yield entry;
    }
    return;
  }
  for (const element of elementsOf(source, meter)) {
    const pair = element instanceof Tuple ? element.items : listOf(element, meter);
    const [key, value] = pair;
    if (pair.length !== 2 || key === undefined || value === undefined) {
      throw new JinjaError('a dictionary is made from pairs');
    }
    yield [key, value];
  }
}
