import type { WorkMeter } from '../../base/work-meter.ts';
import { Callable } from '../values/callable.ts';
import { Dict } from '../values/dict.ts';
import { Float } from '../values/float.ts';
import { isInteger, isText } from '../values/kinds.ts';
import { Loop } from '../values/loop.ts';
import { Namespace } from '../values/namespace.ts';
import { Range } from '../values/range.ts';
import { Tuple } from '../values/tuple.ts';
import type { Value } from '../values/value.ts';
import { loopAttribute } from './loop-attributes.ts';
import { dictMethods } from './methods/dict-methods.ts';
import { listMethods, tupleMethods } from './methods/list-methods.ts';
import { floatMethods, integerMethods } from './methods/number-methods.ts';
import { textMethods } from './methods/text-methods.ts';
import type { Operation } from './operation.ts';

/** Attributes that every object of Python has, which jinja2's sandbox hides. */
const hidden: ReadonlySet<string> = new Set(
  (
    'class delattr dir doc eq format ge getattribute getstate gt hash init init_subclass le lt ne new reduce reduce_ex repr ' +
    'setattr sizeof str subclasshook'
  )
    .split(' ')
    .map((name) => `__${name}__`),
);

/** Whether the sandbox hides an attribute. */
export function isHidden(object: Value, name: string): boolean {
  return hidden.has(name) || (object instanceof Namespace && name.startsWith('_'));
}

/** Whether `mapping.name` can only be the element of that name. */
export function isElementName(name: string): boolean {
  return !hidden.has(name) && !dictMethods.has(name);
}

/** An attribute or method of a value; undefined if there is none. */
export function attributeOf(object: Value, name: string, meter: WorkMeter): Value | undefined {
  if (object === null) return undefined;
  if (object instanceof Namespace) return name.startsWith('_') ? undefined : object.attributes.get(name);
  if (object instanceof Loop) return loopAttribute(object, name, meter);
  if (object instanceof Callable) return object.attributes.get(name);
  if (object instanceof Tuple && object.names.includes(name)) return object.items[object.names.indexOf(name)];
  if (object instanceof Range && (name === 'start' || name === 'stop' || name === 'step'))
    return object[name];
  if ((name === 'real' || name === 'numerator') && isInteger(object)) return Number(object);
  const method = methodsOf(object)?.get(name);
  return method && new Callable(name, (passed, rendering) => method(object, passed, rendering));
}

function methodsOf(object: Value): ReadonlyMap<string, Operation> | undefined {
  if (object instanceof Dict) return dictMethods;
  if (isText(object)) return textMethods;
  if (Array.isArray(object)) return listMethods;
  if (object instanceof Tuple || object instanceof Range) return tupleMethods;
  if (isInteger(object)) return integerMethods;
  return object instanceof Float ? floatMethods : undefined;
}
