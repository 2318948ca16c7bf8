import { arithmetic } from '../operators/arithmetic.ts';
import { isEqual } from '../operators/equality.ts';
import { isIn } from '../operators/membership.ts';
import { isOrdered, type OrderOperator } from '../operators/ordering.ts';
import { textOf } from '../print/text.ts';
import type { Rendering } from '../values/callable.ts';
import { Callable } from '../values/callable.ts';
import { Dict, hashOf } from '../values/dict.ts';
import { Float } from '../values/float.ts';
import { iteratorOf } from '../values/iteration.ts';
import { isInteger, isNumeric, isText } from '../values/kinds.ts';
import { Loop } from '../values/loop.ts';
import { Markup } from '../values/markup.ts';
import { Range } from '../values/range.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { filters } from './filters/filters.ts';
import { isLower, isUpper } from './methods/text-tests.ts';
import { type Operation, operations } from './operation.ts';

type Test = readonly [
  parameters: string,
  body: (values: readonly (Value | undefined)[], rendering: Rendering) => boolean,
];

const is = (holds: (value: Value, rendering: Rendering) => boolean): Test => [
  '',
  ([input = null], rendering) => holds(input, rendering),
];
const compared = (
  holds: (left: Value, right: Value, rendering: Rendering) => boolean,
  name = 'other',
): Test => [`${name}!`, ([input = null, other = null], rendering) => holds(input, other, rendering)];
const ordered = (operator: OrderOperator) =>
  compared((left, right, { meter }) => isOrdered(operator, left, right, meter));
const equal = compared((left, right, { meter }) => isEqual(left, right, meter));
const unequal = compared((left, right, { meter }) => !isEqual(left, right, meter));
const remainder = (value: Value, divisor: Value, wanted: Value, { meter }: Rendering) =>
  isEqual(arithmetic['%'](value, divisor, meter), wanted, meter);

const named = (names: { has(name: string): boolean }) =>
  is((value, { meter }) => names.has(String(hashOf(value, meter))));

const table: Readonly<Record<string, Test>> = {
  defined: is((value) => !(value instanceof Undefined)),
  undefined: is((value) => value instanceof Undefined),
  none: is((value) => value === null),
  boolean: is((value) => typeof value === 'boolean'),
  true: is((value) => value === true),
  false: is((value) => value === false),
  integer: is((value) => isInteger(value) && typeof value !== 'boolean'),
  float: is((value) => value instanceof Float),
  number: is(isNumeric),
  string: is(isText),
  mapping: is((value) => value instanceof Dict),
  sequence: is(isSequence),
  iterable: is((value, { meter }) => iteratorOf(value, meter) !== undefined),
  callable: is((value) => value instanceof Callable || value instanceof Undefined || value instanceof Loop),
  escaped: is((value) => value instanceof Markup),
  lower: is((value, { meter }) => isLower(textOf(value, meter))),
  upper: is((value, { meter }) => isUpper(textOf(value, meter))),
  odd: is((value, rendering) => remainder(value, 2, 1, rendering)),
  even: is((value, rendering) => remainder(value, 2, 0, rendering)),
  divisibleby: compared((value, divisor, rendering) => remainder(value, divisor, 0, rendering), 'num'),
  sameas: compared((left, right) => left === right),
  in: compared((left, right, { meter }) => isIn(left, right, meter), 'seq'),
  '==': equal,
  eq: equal,
  equalto: equal,
  '!=': unequal,
  ne: unequal,
  '>': ordered('>'),
  gt: ordered('>'),
  greaterthan: ordered('>'),
  '>=': ordered('>='),
  ge: ordered('>='),
  '<': ordered('<'),
  lt: ordered('<'),
  lessthan: ordered('<'),
  '<=': ordered('<='),
  le: ordered('<='),
};

/** What has a length and elements by index or key. */
function isSequence(value: Value): boolean {
  if (Array.isArray(value) || isText(value)) return true;
  return [Tuple, Dict, Range, Undefined].some((type) => value instanceof type);
}

const withoutNames = operations<boolean>(table);

/** All tests by their names. */
export const tests: ReadonlyMap<string, Operation<boolean>> = new Map([
  ...withoutNames,
  ...operations<boolean>({
    filter: named(filters),
    test: named(new Set([...withoutNames.keys(), 'filter', 'test'])),
  }),
]);
