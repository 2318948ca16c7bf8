import { describe, expect, it } from 'vitest';
import { parseLogitBias } from './logit-bias.ts';

describe('parseLogitBias', () => {
  it('reads an object whose digit keys are token IDs', () => {
    expect(parseLogitBias({ '15043': 1.5, hello: -5, ' 7': false })).toEqual([
      [15043, 1.5],
      ['hello', -5],
      [' 7', false],
    ]);
  });

  it('reads a list in which digits are text, and its own result', () => {
    const list = [
      [15043, 1],
      ['15043', false],
    ];
    expect(parseLogitBias(list)).toEqual(list);
    expect(parseLogitBias(JSON.parse('[[3, -1e999]]'))).toEqual([[3, false]]);
  });

  it.each([
    [7, 'must be of type object or array'],
    [null, 'must be of type object or array'],
    ['x', 'must be of type object or array'],
    [[15043], 'must contain pairs of a token and its bias'],
    [[[1, 2, 3]], 'must contain pairs of a token and its bias'],
    [{ '-1': 1 }, 'must name tokens by ID or text, got -1'],
    [{ '99999999999999999999': 1 }, 'must name tokens by ID or text, got 100000000000000000000'],
    [[[1.5, 1]], 'must name tokens by ID or text, got 1.5'],
    [[[null, 1]], 'must name tokens by ID or text, got null'],
    [{ '': 1 }, 'accepts texts of 1 to 256 characters'],
    [{ a: 'much' }, 'must have biases between -1000 and 1000, or false, got much for "a"'],
    [{ a: true }, 'must have biases between -1000 and 1000, or false, got true for "a"'],
    [{ 5: 1001 }, 'must have biases between -1000 and 1000, or false, got 1001 for 5'],
    [[[5, Number.NaN]], 'must have biases between -1000 and 1000, or false, got NaN for 5'],
  ])('refuses %j: %s', (value, reason) => {
    expect(parseLogitBias(value)).toBe(reason);
  });

  it('refuses too many biases', () => {
    const many = Array.from({ length: 1025 }, (_, id) => [id, 1]);
    expect(parseLogitBias(many)).toBe('accepts at most 1024 biases');
  });
});
