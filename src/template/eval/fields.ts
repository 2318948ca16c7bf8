import type { WorkMeter } from '../../base/work-meter.ts';
import { contentOf, isMap, type Result, typeName } from '../kinds.ts';
import { GoObject } from '../value.ts';

/** A field that cannot be read; the evaluator adds the position. */
export class FieldError extends Error {}

/**
 * Reads one step of `.A.B`. A missing key of a map gives nil; a missing field of a struct is an error.
 * @param hasArguments whether arguments follow, which only a method could take
 * @throws FieldError
 * @throws OverLimit
 */
export function readField(receiver: Result, name: string, hasArguments: boolean, meter: WorkMeter): Result {
  meter.step();
  if (receiver === undefined) return undefined;
  if (receiver === null) throw new FieldError(`nil pointer evaluating interface {}.${name}`);
  if (receiver instanceof GoObject && name === 'String' && receiver.toText) {
    if (hasArguments) throw new FieldError('wrong number of args for String: want 0');
    return meter.made(receiver.toText());
  }
  const content = contentOf(receiver);
  const isField = content instanceof GoObject && content.fields.has(name);
  if (hasArguments && (isField || isMap(content))) {
    throw new FieldError(`${name} has arguments but is not a method`);
  }
  if (isField) return content.fields.get(name);
  if (isMap(content)) return content.get(name) ?? null;
  throw new FieldError(`can't evaluate field ${name} in type ${typeName(receiver)}`);
}
