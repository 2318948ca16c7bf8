import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';
import { OllamaError } from './errors.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['-1.5s', -1500],
    ['+2s', 2000],
    ['.5s', 500],
    ['1.s', 1000],
    ['100ms', 100],
    ['2us', 0.002],
    ['2µs', 0.002],
    ['10ns', 0.00001],
    ['1h1m1s1ms', 3_661_001],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBeCloseTo(milliseconds, 9);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['abc', 'time: invalid duration "abc"'],
    ['5', 'time: missing unit in duration "5"'],
    ['1h5', 'time: missing unit in duration "1h5"'],
    ['5x', 'time: invalid duration "5x"'],
    ['1 h', 'time: invalid duration "1 h"'],
    ['.s', 'time: invalid duration ".s"'],
  ])('rejects %j with Go’s message', (text, message) => {
    expect(() => parseDuration(text)).toThrow(new OllamaError('invalid-request', message));
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [0.000001, '1ns'],
    [0.0015, '1.5µs'],
    [1.5, '1.5ms'],
    [1000, '1s'],
    [3_723_500, '1h2m3.5s'],
    [300_000, '5m0s'],
    [3_600_000, '1h0m0s'],
    [-1500, '-1.5s'],
    [59_999.999_999_9, '1m0s'],
    [999.999_999_9, '1s'],
  ])('prints %d ms', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
