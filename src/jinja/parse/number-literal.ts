import { Float } from '../values/float.ts';
import { integer } from '../values/integer.ts';
import type { Value } from '../values/value.ts';

/** @param source as the lexer has matched it */
export function integerLiteral(source: string): Value {
  return integer(BigInt(source.replaceAll('_', '')));
}

export function floatLiteral(source: string): Value {
  return new Float(Number(source.replaceAll('_', '')));
}
