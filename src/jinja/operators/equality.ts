import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { MAX_VALUE_DEPTH } from '../limits.ts';
import { Dict } from '../values/dict.ts';
import { DictView } from '../values/dict-view.ts';
import { Float } from '../values/float.ts';
import { isNumeric, isText, plain } from '../values/kinds.ts';
import { Range } from '../values/range.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Numeric, Value } from '../values/value.ts';

/** Python's `==`. @throws OverLimit */
export function isEqual(left: Value, right: Value, meter: WorkMeter, depth = 0): boolean {
  if (typeof left === 'string' && typeof right === 'string') return equalTexts(left, right, meter);
  if (isText(left) && isText(right)) return equalTexts(plain(left), plain(right), meter);
  if (isNumeric(left) && isNumeric(right)) return equalNumbers(left, right);
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (depth > MAX_VALUE_DEPTH) throw new JinjaError('maximum recursion depth exceeded in comparison');
  const [lefts, rights] = [itemsOf(left), itemsOf(right)];
  if (lefts && rights) {
    return Array.isArray(left) === Array.isArray(right) && equalItems(lefts, rights, meter, depth);
  }
  return equalObjects(left, right, meter, depth);
}

function equalTexts(left: string, right: string, meter: WorkMeter): boolean {
  if (left.length !== right.length) return false;
  meter.read(left.length);
  return left === right;
}

/** The elements of a list or tuple. */
export function itemsOf(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value;
  return value instanceof Tuple ? value.items : undefined;
}

function equalObjects(left: Value, right: Value, meter: WorkMeter, depth: number): boolean {
  if (left instanceof Dict && right instanceof Dict) return equalDicts(left, right, meter, depth);
  if (left instanceof Range && right instanceof Range) return equalRanges(left, right);
  if (left instanceof DictView && right instanceof DictView) return equalViews(left, right, meter, depth);
  return left instanceof Undefined && right instanceof Undefined;
}

function equalNumbers(left: Numeric, right: Numeric): boolean {
  const [one, two] = [left, right].map((value) => (value instanceof Float ? value.value : value));
  if (typeof one === 'bigint' || typeof two === 'bigint') return isExactly(one, two);
  return Number(one) === Number(two);
}

function equalItems(
  left: readonly Value[],
  right: readonly Value[],
  meter: WorkMeter,
  depth: number,
): boolean {
  if (left.length !== right.length) return false;
  return left.every((item, index) => {
    meter.step();
    return isEqual(item, right[index] ?? null, meter, depth + 1);
  });
}

function equalDicts(left: Dict, right: Dict, meter: WorkMeter, depth: number): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left.entries()) {
    meter.step();
    const other = right.get(key, meter);
    if (other === undefined || !isEqual(value, other, meter, depth + 1)) return false;
  }
  return true;
}

function equalRanges(left: Range, right: Range): boolean {
  if (left.length !== right.length) return false;
  return left.length === 0 || (left.start === right.start && (left.length === 1 || left.step === right.step));
}

function equalViews(left: DictView, right: DictView, meter: WorkMeter, depth: number): boolean {
  if (left.kind !== right.kind || left.kind === 'values' || left.dict.size !== right.dict.size) return false;
  if (left.kind === 'items') return equalDicts(left.dict, right.dict, meter, depth);
  for (const key of left.dict.keys()) if (!right.dict.has(key, meter)) return false;
  return true;
}

/** Compares a large integer with another number, which may be a float, exactly. */
function isExactly(
  left: Exclude<Numeric, Float> | undefined,
  right: Exclude<Numeric, Float> | undefined,
): boolean {
  const [one, two] = [left ?? 0, right ?? 0];
  return one <= two && one >= two;
}
