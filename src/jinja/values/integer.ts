import { JinjaError } from '../errors.ts';
import { MAX_INTEGER_BITS } from '../limits.ts';
import type { Integer } from './value.ts';

const largest = 1n << BigInt(MAX_INTEGER_BITS);

/** @throws JinjaError for an integer with too many digits */
export function integer(value: bigint): Integer {
  const small = Number(value);
  if (Number.isSafeInteger(small)) return small;
  if (value > largest || value < -largest) {
    throw new JinjaError(`an integer has more than ${MAX_INTEGER_BITS} binary digits`);
  }
  return value;
}
