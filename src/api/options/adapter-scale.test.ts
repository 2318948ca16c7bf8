import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

describe('adapter_scale', () => {
  it('is a list of numbers; a single number is taken as a list of one', () => {
    expect(parseOptions({ adapter_scale: [0.5, -1, 0] })).toEqual({ adapter_scale: [0.5, -1, 0] });
    expect(parseOptions({ adapter_scale: 2 })).toEqual({ adapter_scale: [2] });
    expect(parseOptions({ adapter_scale: [] })).toEqual({ adapter_scale: [] });
  });

  it.each([
    ['0.5', 'must be an array of numbers'],
    [[1, '2'], 'must be an array of numbers'],
    [[[1]], 'must be an array of numbers'],
    [[1, 2000], 'must be between -1000 and 1000, got 2000'],
    [Array.from({ length: 65 }, () => 1), 'accepts at most 64 numbers'],
  ])('refuses %j', (value, reason) => {
    expect(() => parseOptions({ adapter_scale: value })).toThrow(`option "adapter_scale" ${reason}`);
  });
});
