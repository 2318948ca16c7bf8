import { JinjaError } from '../errors.ts';
import { Float } from '../values/float.ts';
import { integer } from '../values/integer.ts';
import type { Integer, Numeric } from '../values/value.ts';

/** @throws JinjaError for an integer that is too large for a float */
export function toFloat(value: Numeric): number {
  if (value instanceof Float) return value.value;
  const number = Number(value);
  if (typeof value === 'bigint' && !Number.isFinite(number))
    throw new JinjaError('int too large to convert to float');
  return number;
}

/** The integer of a value that is not a float. */
export function toInteger(value: Integer | boolean): Integer {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** The result of an operation on integers: computed with numbers if that is exact. */
export function onIntegers(
  left: Integer,
  right: Integer,
  small: (left: number, right: number) => number,
  large: (left: bigint, right: bigint) => bigint,
): Integer {
  if (typeof left === 'number' && typeof right === 'number') {
    const result = small(left, right);
    if (Number.isSafeInteger(result)) return result === 0 ? 0 : result;
  }
  return integer(large(BigInt(left), BigInt(right)));
}

/** Rounds towards minus infinity, as Python's `//`. */
export function floorDivide(left: Integer, right: Integer): Integer {
  if (Number(right) === 0) throw new JinjaError('integer division or modulo by zero');
  return onIntegers(
    left,
    right,
    (one, two) => Math.floor((one - modulo(one, two)) / two),
    (one, two) => (one - bigModulo(one, two)) / two,
  );
}

/** Has the sign of the divisor, as Python's `%`. */
export function integerModulo(left: Integer, right: Integer): Integer {
  if (Number(right) === 0) throw new JinjaError('integer division or modulo by zero');
  return onIntegers(left, right, modulo, bigModulo);
}

export function modulo(left: number, right: number): number {
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
}

function bigModulo(left: bigint, right: bigint): bigint {
  const rest = left % right;
  return rest !== 0n && rest < 0n !== right < 0n ? rest + right : rest;
}
