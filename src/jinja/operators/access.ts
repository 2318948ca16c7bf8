import type { WorkMeter } from '../../base/work-meter.ts';
import { attributeOf, isHidden } from '../functions/attributes.ts';
import { indexable } from '../values/characters.ts';
import { Dict } from '../values/dict.ts';
import { isInteger, isText, like, plain } from '../values/kinds.ts';
import { Range } from '../values/range.ts';
import { Tuple } from '../values/tuple.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

/** `object.name`: an attribute or method, otherwise the element of that name. @throws JinjaError for something undefined */
export function getAttribute(object: Value, name: string, meter: WorkMeter): Value {
  if (object instanceof Undefined) return isHidden(object, name) ? unsafe(object, name) : object.fail();
  const attribute = attributeOf(object, name, meter);
  if (attribute !== undefined) return attribute;
  if (isHidden(object, name)) return unsafe(object, name);
  const element = object instanceof Dict ? object.getText(name) : undefined;
  return element === undefined ? without(object, name) : element;
}

/** `object[key]`: the element, otherwise the attribute or method of that name. @throws JinjaError */
export function getItem(object: Value, key: Value, meter: WorkMeter): Value {
  if (object instanceof Undefined) return object.fail();
  const element = elementOf(object, key, meter);
  if (element !== undefined) return element;
  if (!isText(key)) return new Undefined(`${typeName(object)} object has no such element`);
  const name = plain(key);
  if (isHidden(object, name)) return unsafe(object, name);
  const attribute = attributeOf(object, name, meter);
  return attribute === undefined ? without(object, name) : attribute;
}

function without(object: Value, name: string): Undefined {
  return new Undefined(`'${typeName(object)} object' has no attribute '${name}'`);
}

function unsafe(object: Value, name: string): Undefined {
  return new Undefined(`access to attribute '${name}' of '${typeName(object)}' object is unsafe.`);
}

function elementOf(object: Value, key: Value, meter: WorkMeter): Value | undefined {
  if (object instanceof Dict) {
    if (typeof key === 'string') return object.getText(key);
    return isHashable(key) ? object.get(key, meter) : undefined;
  }
  return isInteger(key) ? elementAt(object, Number(key), meter) : undefined;
}

function elementAt(object: Value, index: number, meter: WorkMeter): Value | undefined {
  if (Array.isArray(object)) return at(object, index);
  if (object instanceof Tuple) return at(object.items, index);
  if (object instanceof Range) {
    const place = index < 0 ? index + object.length : index;
    return place >= 0 && place < object.length ? object.at(place) : undefined;
  }
  if (!isText(object)) return undefined;
  const character = at(indexable(plain(object), meter), index);
  return character === undefined ? undefined : like(object, character);
}

/** Lists and mappings are no keys, and nor is a tuple with one of them. */
function isHashable(key: Value): boolean {
  if (key instanceof Tuple) return key.items.every(isHashable);
  return !Array.isArray(key) && !(key instanceof Dict);
}

function at<T>(list: readonly T[] | string, index: number): T | string | undefined {
  return list[index < 0 ? index + list.length : index];
}
