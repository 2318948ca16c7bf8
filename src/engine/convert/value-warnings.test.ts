import { expect, it } from 'vitest';
import { ValueWarnings } from './value-warnings.ts';

const F16 = 1;

it('says nothing of tensors without infinite values', () => {
  const values = new ValueWarnings();
  values.add({ name: 'a', type: F16 }, { overflows: 0, specials: 0 });
  expect(values.warnings).toEqual([]);
});

it('names the tensor, and whether the original or the type is to blame', () => {
  const values = new ValueWarnings();
  values.add({ name: 'a', type: F16 }, { overflows: 1, specials: 3 });
  values.add({ name: 'b', type: F16 }, { overflows: 2, specials: 1 });
  expect(values.warnings).toEqual([
    '3 values of tensor "a" are infinite or NaN in the original: the model may answer nonsense',
    '1 value of tensor "b" is infinite or NaN in the original: the model may answer nonsense',
    '1 value of tensor "a" cannot be represented as F16 and became infinite: use BF16',
    '2 values of tensor "b" cannot be represented as F16 and became infinite: use BF16',
  ]);
});

it('names five tensors and counts the others', () => {
  const values = new ValueWarnings();
  for (let tensor = 0; tensor < 9; tensor += 1)
    values.add({ name: `t${tensor}`, type: F16 }, { overflows: tensor < 6 ? 1 : 0, specials: 1 });
  expect(values.warnings).toHaveLength(12);
  expect(values.warnings[5]).toBe('4 more tensors have infinite or NaN values');
  expect(values.warnings.at(-1)).toBe('1 more tensor has values that became infinite');
});
