import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { ELEMENT_BYTES } from '../limits.ts';
import { indexable } from '../values/characters.ts';
import { isInteger, isText, like, plain } from '../values/kinds.ts';
import { Range } from '../values/range.ts';
import { Tuple } from '../values/tuple.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Text, Value } from '../values/value.ts';

interface Bounds {
  readonly start: Value;
  readonly stop: Value;
  readonly step: Value;
}

/** Python's `object[start:stop:step]`. @throws JinjaError for values that cannot be sliced */
export function slice(object: Value, bounds: Bounds, meter: WorkMeter): Value {
  if (isText(object)) return sliceText(object, bounds, meter);
  if (Array.isArray(object)) return sliceItems(object, bounds, meter);
  if (object instanceof Tuple) return new Tuple(sliceItems(object.items, bounds, meter));
  if (object instanceof Range) return sliceRange(object, bounds);
  if (object instanceof Undefined) return object.fail();
  throw new JinjaError(`'${typeName(object)}' object cannot be sliced`);
}

function sliceText(text: Text, bounds: Bounds, meter: WorkMeter): Text {
  const source = indexable(plain(text), meter);
  const { start, stop, step } = resolved(bounds, source.length);
  if (step === 1 && typeof source === 'string')
    return like(text, meter.made(source.slice(start, Math.max(stop, start))));
  const indexes = indexesOf(start, stop, step, meter);
  return like(text, meter.made(indexes.map((index) => source[index]).join('')));
}

function sliceItems(items: readonly Value[], bounds: Bounds, meter: WorkMeter): Value[] {
  const { start, stop, step } = resolved(bounds, items.length);
  if (step === 1) {
    const count = Math.max(stop - start, 0);
    meter.allocate(count * ELEMENT_BYTES);
    meter.read(count);
    return items.slice(start, start + count);
  }
  return indexesOf(start, stop, step, meter).map((index) => items[index] ?? null);
}

function sliceRange(range: Range, bounds: Bounds): Range {
  const { start, stop, step } = resolved(bounds, range.length);
  return new Range(range.at(start), range.at(stop), range.step * step);
}

function indexesOf(start: number, stop: number, step: number, meter: WorkMeter): number[] {
  const length = Math.max(Math.ceil((stop - start) / step), 0);
  meter.allocate(length * ELEMENT_BYTES);
  meter.step(length);
  return Array.from({ length }, (_, count) => start + count * step);
}

/** The bounds within a sequence of this length. */
function resolved(bounds: Bounds, length: number): { start: number; stop: number; step: number } {
  const step = bounds.step === null ? 1 : bound(bounds.step);
  if (step === 0) throw new JinjaError('slice step cannot be zero');
  const isForward = step > 0;
  const [lowest, highest] = isForward ? [0, length] : [-1, length - 1];
  const place = (value: Value, otherwise: number) => {
    if (value === null) return otherwise;
    const index = bound(value);
    return Math.min(Math.max(index < 0 ? index + length : index, lowest), highest);
  };
  return {
    start: place(bounds.start, isForward ? lowest : highest),
    stop: place(bounds.stop, isForward ? highest : lowest),
    step,
  };
}

function bound(value: Value): number {
  if (!isInteger(value)) throw new JinjaError('slice indices must be integers or None');
  return Number(value);
}
