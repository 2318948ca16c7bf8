import type { WorkMeter } from '../../base/work-meter.ts';
import { compareText, contentOf, isList, isMap, type Result, typeName } from '../kinds.ts';
import { GoObject } from '../value.ts';
import { FunctionError } from './function.ts';

type Basic = boolean | string | bigint | number;

/** Whether the first value equals any of the others. @throws FunctionError for values without a common type */
export function isEqual([first, ...others]: readonly Result[], meter: WorkMeter): boolean {
  if (others.length === 0) throw new FunctionError('missing argument for comparison');
  return others.some((other) => areEqual(first, other, meter));
}

function areEqual(left: Result, right: Result, meter: WorkMeter): boolean {
  readBoth(left, right, meter);
  const [one, two] = [left ?? undefined, right ?? undefined];
  if (one === undefined || two === undefined) return one === two;
  if (isBasic(one) && isBasic(two) && typeof one === typeof two) return one === two;
  if (isBasic(one) || isBasic(two)) throw incompatible(one, two);
  const [inner, other] = [contentOf(one), contentOf(two)];
  if (inner instanceof GoObject && other instanceof GoObject) return one === two;
  throw new FunctionError(`non-comparable types ${typeName(one)} and ${typeName(two)}`);
}

/** @throws FunctionError for values that have no order */
export function isLess(left: Result, right: Result, meter: WorkMeter): boolean {
  readBoth(left, right, meter);
  const [one, two] = [left ?? undefined, right ?? undefined];
  if (!isBasic(one) || !isBasic(two)) throw new FunctionError('invalid type for comparison');
  if (typeof one !== typeof two) throw incompatible(one, two);
  if (typeof one === 'boolean') throw new FunctionError('invalid type for comparison');
  if (typeof one === 'string' && typeof two === 'string') return compareText(one, two) < 0;
  return one < two;
}

/** Less or equal, evaluated as Go does, which matters for NaN. */
export function isLessOrEqual(left: Result, right: Result, meter: WorkMeter): boolean {
  return isLess(left, right, meter) || isEqual([left, right], meter);
}

/** A comparison reads no more than the shorter text. */
function readBoth(left: Result, right: Result, meter: WorkMeter): void {
  meter.step();
  if (typeof left === 'string' && typeof right === 'string') {
    meter.read(Math.min(left.length, right.length));
  }
}

function isBasic(value: Result): value is Basic {
  return (
    value !== undefined && value !== null && !isList(value) && !isMap(value) && !(value instanceof GoObject)
  );
}

function incompatible(left: Result, right: Result): FunctionError {
  return new FunctionError(`incompatible types for comparison: ${typeName(left)} and ${typeName(right)}`);
}
