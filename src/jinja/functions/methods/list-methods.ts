import { JinjaError } from '../../errors.ts';
import { ELEMENT_BYTES } from '../../limits.ts';
import { isEqual } from '../../operators/equality.ts';
import type { Rendering } from '../../values/callable.ts';
import { elementsOf, listOf } from '../../values/iteration.ts';
import type { Value } from '../../values/value.ts';
import { countArgument } from '../arguments.ts';
import { type Operation, operations } from '../operation.ts';

function list(value: Value | undefined): Value[] {
  if (Array.isArray(value)) return value;
  throw new JinjaError('expected a list');
}

/** @returns the index; -1 if the value is not there */
function indexOf(self: Value, value: Value, { meter }: Rendering): number {
  let index = 0;
  for (const element of elementsOf(self, meter)) {
    if (isEqual(element, value, meter)) return index;
    index++;
  }
  return -1;
}

const searches = operations<Value>({
  index: [
    'value! /',
    ([self = null, value = null], rendering) => {
      const index = indexOf(self, value, rendering);
      if (index < 0) throw new JinjaError('the value is not in the list');
      return index;
    },
  ],
  count: [
    'value! /',
    ([self = null, value = null], { meter }) => {
      let count = 0;
      for (const element of elementsOf(self, meter)) if (isEqual(element, value, meter)) count++;
      return count;
    },
  ],
});

export const tupleMethods: ReadonlyMap<string, Operation> = searches;

/** Methods of lists. Those that change one are what jinja2's sandbox forbids and some templates use. */
export const listMethods: ReadonlyMap<string, Operation> = new Map([
  ...searches,
  ...operations<Value>({
    copy: ['/', ([self], { meter }) => listOf(list(self), meter)],
    append: [
      'value! /',
      ([self, value = null], rendering) => insert(list(self), list(self).length, [value], rendering),
    ],
    extend: [
      'values! /',
      ([self, values = null], rendering) =>
        insert(list(self), list(self).length, listOf(values, rendering.meter), rendering),
    ],
    insert: [
      'index! value! /',
      ([self, index, value = null], rendering) =>
        insert(list(self), countArgument(index, 'index'), [value], rendering),
    ],
    pop: ['index /', ([self, index = -1]) => pop(list(self), countArgument(index, 'index'))],
    remove: [
      'value! /',
      ([self, value = null], rendering) => {
        const index = indexOf(list(self), value, rendering);
        if (index < 0) throw new JinjaError('the value is not in the list');
        pop(list(self), index);
        return null;
      },
    ],
    reverse: [
      '/',
      ([self], { meter }) => {
        meter.step(list(self).length);
        list(self).reverse();
        return null;
      },
    ],
    clear: [
      '/',
      ([self]) => {
        list(self).length = 0;
        return null;
      },
    ],
  }),
]);

function insert(self: Value[], index: number, values: readonly Value[], { meter }: Rendering): null {
  meter.allocate(values.length * ELEMENT_BYTES);
  if (index < self.length) meter.step(self.length);
  for (const [place, value] of values.entries()) self.splice(index + place, 0, value);
  return null;
}

function pop(self: Value[], index: number): Value {
  const [value] = self.splice(index, 1);
  if (value === undefined) throw new JinjaError('pop index out of range');
  return value;
}
