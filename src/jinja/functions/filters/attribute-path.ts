import type { WorkMeter } from '../../../base/work-meter.ts';
import { getItem } from '../../operators/access.ts';
import { isText, plain } from '../../values/kinds.ts';
import { Undefined } from '../../values/undefined.ts';
import type { Value } from '../../values/value.ts';

/** Finds the attribute of an element that a filter looks at. */
export type Getter = (element: Value) => Value;

/**
 * What the argument `attribute` of a filter means: names with dots between them, of which digits are indexes.
 * @param attribute None or undefined for the element itself
 * @param otherwise stands for what is undefined
 */
export function attributeGetter(
  attribute: Value | undefined,
  meter: WorkMeter,
  otherwise: Value = null,
): Getter {
  if (attribute === undefined || attribute === null) return (element) => element;
  const parts = isText(attribute) ? pathParts(plain(attribute)) : [attribute];
  return (element) => {
    let value = element;
    for (const part of parts) {
      meter.step();
      value = getItem(value, part, meter);
      if (otherwise !== null && value instanceof Undefined) value = otherwise;
    }
    return value;
  };
}

/** Getters for several attributes, with commas between them. */
export function attributeGetters(attribute: Value | undefined, meter: WorkMeter): Getter[] {
  const attributes = isText(attribute) ? plain(attribute).split(',') : [attribute];
  return attributes.map((one) => attributeGetter(one, meter));
}

function pathParts(path: string): Value[] {
  return path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
