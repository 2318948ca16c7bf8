import { describe, expect, it } from 'vitest';
import { metadataNumber, metadataNumbers } from './metadata.ts';
import type { GgufValue } from './types.ts';
import { listOf } from './writer.ts';

const metadata = (value: GgufValue) => new Map([['key', value]]);

describe('metadataNumber', () => {
  it.each<[GgufValue, number | undefined]>([
    [{ type: 'u32', value: 7 }, 7],
    [{ type: 'u64', value: 7n }, 7],
    [{ type: 'u64', value: 2n ** 60n }, undefined],
    [{ type: 'f32', value: Number.NaN }, undefined],
    [{ type: 'bool', value: true }, undefined],
    [{ type: 'string', value: '7' }, undefined],
    [listOf('u32', [7]), undefined],
  ])('$value', (value, number) => {
    expect(metadataNumber(metadata(value), 'key')).toBe(number);
  });
});

describe('metadataNumbers', () => {
  it.each<[GgufValue, number[]]>([
    [listOf('i32', [1, 2]), [1, 2]],
    [listOf('u64', [1n]), [1]],
    [{ type: 'u32', value: 7 }, [7]],
    [listOf('string', ['7']), []],
    [{ type: 'array', value: { elementType: 'u32', count: 5000 } }, []],
  ])('returns the numbers (%#)', (value, numbers) => {
    expect(metadataNumbers(metadata(value), 'key')).toEqual(numbers);
  });
});
