import { Float } from '../../values/float.ts';
import type { Value } from '../../values/value.ts';
import { integerArgument } from '../arguments.ts';
import { type Operation, operations } from '../operation.ts';

export const integerMethods: ReadonlyMap<string, Operation> = operations<Value>({
  bit_length: [
    '/',
    ([self]) => {
      const value = BigInt(integerArgument(self, 'self'));
      return value === 0n ? 0 : (value < 0n ? -value : value).toString(2).length;
    },
  ],
  conjugate: ['/', ([self]) => integerArgument(self, 'self')],
});

export const floatMethods: ReadonlyMap<string, Operation> = operations<Value>({
  is_integer: ['/', ([self]) => self instanceof Float && Number.isInteger(self.value)],
  conjugate: ['/', ([self = null]) => self],
});
