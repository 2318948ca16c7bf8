import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { ELEMENT_BYTES, MAX_VALUE_DEPTH } from '../limits.ts';
import { Dict } from './dict.ts';
import { Float } from './float.ts';
import { Undefined } from './undefined.ts';
import type { Value } from './value.ts';

/** Python reads a JSON number without a point as an integer; JavaScript keeps the digits of those below it. */
const LARGEST_INTEGER = 1e21;

/**
 * A value as a template sees it: objects and Maps become mappings, and undefined members are left out.
 * @throws JinjaError for values that JSON does not have
 * @throws OverLimit
 */
export function fromJavaScript(value: unknown, meter: WorkMeter, depth = 0): Value {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return value;
    case 'undefined':
      return new Undefined('a value is undefined');
    case 'number':
      return fromNumber(value);
    case 'object':
      return value === null ? null : fromObject(value, meter, depth);
    default:
      throw new JinjaError(`a ${typeof value} is not a value of a template`);
  }
}

function fromNumber(value: number): Value {
  if (!Number.isInteger(value) || Math.abs(value) >= LARGEST_INTEGER || Object.is(value, -0))
    return new Float(value);
  return Number.isSafeInteger(value) ? value : BigInt(value);
}

function fromObject(value: object, meter: WorkMeter, depth: number): Value {
  if (depth > MAX_VALUE_DEPTH) throw new JinjaError('a value is nested too deeply');
  if (Array.isArray(value)) {
    meter.step(value.length);
    meter.allocate(value.length * ELEMENT_BYTES);
    return value.map((item) => fromJavaScript(item, meter, depth + 1));
  }
  const dict = new Dict();
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  meter.step(entries.length);
  meter.allocate(entries.length * ELEMENT_BYTES);
  for (const [key, item] of entries) {
    if (item === undefined) continue;
    const converted = fromJavaScript(item, meter, depth + 1);
    if (typeof key === 'string') dict.setText(key, converted);
    else dict.set(fromJavaScript(key, meter, depth + 1), converted, meter);
  }
  return dict;
}
