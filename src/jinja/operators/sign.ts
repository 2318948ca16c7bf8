import { JinjaError } from '../errors.ts';
import { Float } from '../values/float.ts';
import { integer } from '../values/integer.ts';
import { isNumeric } from '../values/kinds.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Numeric, Value } from '../values/value.ts';
import { toInteger } from './number.ts';

export function negated(value: Value): Value {
  const number = numeric(value, '-');
  if (number instanceof Float) return new Float(-number.value);
  const whole = toInteger(number);
  if (typeof whole === 'bigint') return integer(-whole);
  return whole === 0 ? 0 : -whole;
}

/** The operator `+` before a value. */
export function unchanged(value: Value): Value {
  const number = numeric(value, '+');
  return number instanceof Float ? number : toInteger(number);
}

function numeric(value: Value, sign: string): Numeric {
  if (value instanceof Undefined) return value.fail();
  if (isNumeric(value)) return value;
  throw new JinjaError(`bad operand type for unary ${sign}: '${typeName(value)}'`);
}
