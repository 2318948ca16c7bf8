import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { compareText } from '../values/characters.ts';
import { Float } from '../values/float.ts';
import { isNumeric, isText, plain } from '../values/kinds.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { isEqual, itemsOf } from './equality.ts';

export type OrderOperator = '<' | '<=' | '>' | '>=';

/** Python's `<`, `<=`, `>` and `>=`. @throws JinjaError for values that have no order */
export function isOrdered(operator: OrderOperator, left: Value, right: Value, meter: WorkMeter): boolean {
  if (left instanceof Undefined) return left.fail();
  if (right instanceof Undefined) return right.fail();
  if (isNumeric(left) && isNumeric(right)) {
    const [one, two] = [left, right].map((value) => (value instanceof Float ? value.value : value));
    return holds(operator, one ?? 0, two ?? 0);
  }
  if (isText(left) && isText(right)) return holds(operator, compareText(plain(left), plain(right), meter), 0);
  const [lefts, rights] = [itemsOf(left), itemsOf(right)];
  if (lefts && rights && Array.isArray(left) === Array.isArray(right)) {
    return areOrdered(operator, lefts, rights, meter);
  }
  throw new JinjaError(
    `'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`,
  );
}

function holds(
  operator: OrderOperator,
  left: number | bigint | boolean,
  right: number | bigint | boolean,
): boolean {
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  return operator === '>' ? left > right : left >= right;
}

/** The first items that differ decide; otherwise the lengths do. */
function areOrdered(
  operator: OrderOperator,
  left: readonly Value[],
  right: readonly Value[],
  meter: WorkMeter,
): boolean {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    meter.step();
    const [one, two] = [left[index] ?? null, right[index] ?? null];
    if (!isEqual(one, two, meter)) return isOrdered(operator, one, two, meter);
  }
  return holds(operator, left.length, right.length);
}
