import { describe, expect, it } from 'vitest';
import { parseKeepAlive } from './keep-alive.ts';

describe('parseKeepAlive', () => {
  it.each([
    [undefined, undefined],
    [null, undefined],
    [0, 0],
    [1.5, 1500],
    [-1, Number.POSITIVE_INFINITY],
    ['5m', 300_000],
    ['-1s', Number.POSITIVE_INFINITY],
    ['0', 0],
  ])('reads %j as %j ms', (value, milliseconds) => {
    expect(parseKeepAlive(value)).toBe(milliseconds);
  });

  it('refuses a bare number in a string and other types', () => {
    expect(() => parseKeepAlive('10')).toThrow('time: missing unit in duration "10"');
    expect(() => parseKeepAlive({})).toThrow("Unsupported type: 'object'");
  });
});
