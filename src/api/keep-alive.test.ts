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
    ['', undefined],
    ['-1', Number.POSITIVE_INFINITY],
    ['300', 300_000],
    ['1.5', 1500],
  ])('reads %j as %j ms', (value, milliseconds) => {
    expect(parseKeepAlive(value)).toBe(milliseconds);
  });

  it('refuses what is neither a duration nor a number of seconds', () => {
    expect(() => parseKeepAlive('10m5')).toThrow('time: missing unit in duration "10m5"');
    expect(() => parseKeepAlive('soon')).toThrow('time: invalid duration "soon"');
    expect(() => parseKeepAlive({})).toThrow("Unsupported type: 'object'");
  });
});
