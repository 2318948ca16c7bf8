import { describe, expect, it } from 'vitest';
import type { SafeType } from '../safetensors/safe-tensor.ts';
import { checkTensorJobs } from './check-tensor-jobs.ts';
import { describeTensorData } from './describe-tensor-data.ts';
import type { TensorData } from './tensor-data.ts';

const source = (shape: number[], type: SafeType = 'BF16'): TensorData => ({
  kind: 'source',
  tensor: { type, shape, path: '/nowhere', start: 0 },
});
const matrix = source([8, 6]);

describe('describeTensorData', () => {
  const shapes: [what: string, data: TensorData, shape: number[], type: string][] = [
    ['interleaved heads', { kind: 'interleave-heads', heads: 2, of: matrix }, [8, 6], 'BF16'],
    ['a stack', { kind: 'stack', of: [matrix, matrix, matrix] }, [3, 8, 6], 'BF16'],
    ['a stack of two types', { kind: 'stack', of: [matrix, source([8, 6], 'F16')] }, [2, 8, 6], 'F32'],
    ['a concatenation', { kind: 'concatenate', axis: 1, of: [matrix, source([8, 1])] }, [8, 7], 'BF16'],
    ['a slice', { kind: 'slice', axis: 1, start: 1, count: 3, step: 2, of: matrix }, [8, 3], 'BF16'],
    ['another order', { kind: 'transpose', axes: [1, 0], of: matrix }, [6, 8], 'BF16'],
    ['another shape', { kind: 'reshape', shape: [2, 24], of: matrix }, [2, 24], 'BF16'],
    ['a sum', { kind: 'affine', factor: 1, offset: 1, of: matrix }, [8, 6], 'F32'],
    [
      'a scaled tensor',
      { kind: 'scaled', block: [5, 5], of: source([8, 6], 'F8_E4M3'), scale: source([2, 2]) },
      [8, 6],
      'F32',
    ],
    [
      '4-bit blocks',
      { kind: 'mxfp4', blocks: source([8, 2, 16], 'U8'), scales: source([8, 2], 'U8') },
      [8, 64],
      'MXFP4',
    ],
  ];
  for (const [what, data, shape, type] of shapes)
    it(`gives the shape and type of ${what}`, () =>
      expect(describeTensorData(data)).toEqual({ shape, type }));

  const fours: TensorData = { kind: 'mxfp4', blocks: source([8, 2, 16], 'U8'), scales: source([8, 2], 'U8') };
  const refused: [what: string, data: TensorData, message: string][] = [
    [
      'heads that do not divide the rows',
      { kind: 'interleave-heads', heads: 3, of: matrix },
      '8 rows cannot be the two halves of 3 heads',
    ],
    ['no heads', { kind: 'interleave-heads', heads: 0, of: matrix }, 'two halves of 0 heads'],
    ['a stack of two shapes', { kind: 'stack', of: [matrix, source([8, 7])] }, 'tensors do not fit together'],
    ['an empty stack', { kind: 'stack', of: [] }, 'a list of tensors is empty'],
    [
      'a concatenation of other rows',
      { kind: 'concatenate', axis: 1, of: [matrix, source([7, 6])] },
      'do not fit together',
    ],
    [
      'an axis that does not exist',
      { kind: 'concatenate', axis: 2, of: [matrix, matrix] },
      'do not fit together',
    ],
    [
      'a slice behind the end',
      { kind: 'slice', axis: 1, start: 4, count: 3, of: matrix },
      '3 elements from 4 are not within [8,6]',
    ],
    [
      'a slice without steps',
      { kind: 'slice', axis: 1, start: 0, count: 3, step: 0, of: matrix },
      'are not within',
    ],
    [
      'an order that is none',
      { kind: 'transpose', axes: [1, 1], of: matrix },
      '[1,1] is not an order of [8,6]',
    ],
    ['a shape of another size', { kind: 'reshape', shape: [7, 7], of: matrix }, '[8,6] cannot become [7,7]'],
    [
      'a factor that is not finite',
      { kind: 'affine', factor: Number.NaN, offset: 0, of: matrix },
      'is not a finite number',
    ],
    [
      'scales that do not fit',
      { kind: 'scaled', block: [4, 4], of: matrix, scale: source([2, 3]) },
      'scales [2,3] in blocks of [4,4] do not fit a tensor of [8,6]',
    ],
    [
      'blocks without size',
      { kind: 'scaled', block: [0, 4], of: matrix, scale: source([2, 3]) },
      'do not fit',
    ],
    [
      'values that do not fill their shape',
      { kind: 'values', shape: [3], values: [1] },
      '1 values do not fill [3]',
    ],
    [
      '4-bit values as numbers',
      { kind: 'affine', factor: 1, offset: 1, of: fours },
      'cannot be computed with',
    ],
    ['cut 4-bit blocks', { kind: 'slice', axis: 1, start: 0, count: 3, of: fours }, 'cannot be taken apart'],
    [
      '4-bit blocks without their scales',
      { kind: 'mxfp4', blocks: source([8, 2, 16], 'U8'), scales: source([8, 3], 'U8') },
      'do not fit their scales',
    ],
    [
      '4-bit blocks of floats',
      { kind: 'mxfp4', blocks: source([2, 16]), scales: source([2]) },
      'are of type BF16',
    ],
  ];
  for (const [what, data, message] of refused)
    it(`refuses ${what}`, () => expect(() => describeTensorData(data)).toThrow(message));
});

describe('checkTensorJobs', () => {
  const job = { name: 'a.weight', shape: [6, 8], type: 1, data: matrix };

  it('accepts what can be written', () => {
    expect(() => checkTensorJobs([job, { ...job, name: 'b', type: 0 }])).not.toThrow();
  });

  const refused: [what: string, change: Partial<typeof job>, message: string][] = [
    ['another shape', { shape: [8, 6] }, 'has the shape [8,6], expected [6,8]'],
    ['rows that Q8_0 cannot store', { type: 8 }, 'has rows of 6 values, which Q8_0 cannot store'],
    ['floats as MXFP4', { type: 39 }, 'cannot be stored as MXFP4: its values are of type BF16'],
    ['types that are not made here', { type: 12 }, 'cannot be stored as Q4_K'],
    ['unknown types', { type: 99 }, 'cannot be stored as 99'],
    ['a long name', { name: 'x'.repeat(64) }, 'has a name of more than 63 bytes'],
    ['a tensor without elements', { data: source([8, 0]), shape: [0, 8] }, 'has no elements'],
    [
      'five dimensions',
      { data: source([1, 1, 1, 1, 1]), shape: [1, 1, 1, 1, 1] },
      'has 5 dimensions, more than 4',
    ],
    [
      'a tree that does not fit',
      { data: { kind: 'stack', of: [] } },
      'cannot be made: a list of tensors is empty',
    ],
  ];
  for (const [what, change, message] of refused)
    it(`refuses ${what} and names the tensor`, () => {
      const wrong = { ...job, ...change };
      expect(() => checkTensorJobs([wrong])).toThrow(message);
      expect(() => checkTensorJobs([wrong])).toThrow(JSON.stringify(wrong.name));
    });

  it('refuses a name that appears twice', () => {
    expect(() => checkTensorJobs([job, job])).toThrow('tensor "a.weight" appears twice');
  });
});
