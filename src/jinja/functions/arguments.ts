/** Arguments as the type that a function needs. */
import { JinjaError } from '../errors.ts';
import { toInteger } from '../operators/number.ts';
import { isInteger, isText, plain } from '../values/kinds.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Integer, Value } from '../values/value.ts';

/** The characters of an argument that must be a text. @throws JinjaError */
export function textArgument(value: Value | undefined, name: string): string {
  if (isText(value)) return plain(value);
  throw mismatch(value, name, 'str');
}

/** An argument that must be an integer. @throws JinjaError */
export function integerArgument(value: Value | undefined, name: string): Integer {
  if (isInteger(value)) return toInteger(value);
  throw mismatch(value, name, 'int');
}

/** An index or a count: an integer as a number, which is inexact far beyond all lengths. @throws JinjaError */
export function countArgument(value: Value | undefined, name: string): number {
  return Number(integerArgument(value, name));
}

function mismatch(value: Value | undefined, name: string, expected: string): Error {
  if (value instanceof Undefined) value.fail();
  return new JinjaError(`'${name}' must be ${expected}, not ${typeName(value ?? null)}`);
}
