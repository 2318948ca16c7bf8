import { JinjaError } from '../../errors.ts';
import type { Rendering } from '../../values/callable.ts';
import { lengthOf } from '../../values/iteration.ts';
import { isText, plain } from '../../values/kinds.ts';
import { isTrue } from '../../values/truth.ts';
import { typeName } from '../../values/type-name.ts';
import { Undefined } from '../../values/undefined.ts';
import type { Value } from '../../values/value.ts';
import { attributeOf, isHidden } from '../attributes.ts';
import { type Operation, operations } from '../operation.ts';

type Values = readonly (Value | undefined)[];

function length([input = null]: Values, { meter }: Rendering): number {
  const found = lengthOf(input, meter);
  if (found === undefined) throw new JinjaError(`object of type '${typeName(input)}' has no len()`);
  return found;
}

function otherwise([input = null, standard = '', isBoolean = false]: Values): Value {
  const isMissing = input instanceof Undefined || (isTrue(isBoolean) && !isTrue(input));
  return isMissing ? standard : input;
}

function attribute([input = null, name = null]: Values, { meter }: Rendering): Value {
  if (!isText(name)) throw new JinjaError('the name of an attribute must be a text');
  if (input instanceof Undefined) return input.fail();
  const found = isHidden(input, plain(name)) ? undefined : attributeOf(input, plain(name), meter);
  return found === undefined
    ? new Undefined(`'${typeName(input)}' has no attribute '${plain(name)}'`)
    : found;
}

/** Filters for values of any type. */
export const valueFilters: ReadonlyMap<string, Operation> = operations<Value>({
  length: ['/', length],
  count: ['/', length],
  default: ['default_value boolean', otherwise],
  d: ['default_value boolean', otherwise],
  attr: ['name!', attribute],
});
