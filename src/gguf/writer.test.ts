import { describe, expect, it } from 'vitest';
import { tensorType } from './tensor-types.ts';
import { encodeGguf } from './writer.ts';

describe('encodeGguf', () => {
  it('writes the bytes that the format specifies', () => {
    const bytes = encodeGguf({
      metadata: { k: { type: 'u8', value: 5 } },
      tensors: [{ name: 't', shape: [2], type: 1, data: new Uint8Array([9, 9, 9, 9]) }],
    });
    const expected = [
      ...[0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0],
      ...[1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
      ...[1, 0, 0, 0, 0, 0, 0, 0, 0x6b, 0, 0, 0, 0, 5],
      ...[
        1, 0, 0, 0, 0, 0, 0, 0, 0x74, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      ],
    ];
    expect([...bytes.slice(0, expected.length)]).toEqual(expected);
    expect(bytes.length).toBe(128);
    expect([...bytes.slice(96, 101)]).toEqual([9, 9, 9, 9, 0]);
  });

  it.each([
    [0, 15, 'expected 16'],
    [2, 16, 'expected 2.25'],
    [99, 16, 'expected a known type'],
  ])('refuses data whose size does not fit type %d', (type, bytes, message) => {
    const tensors = [{ name: 't', shape: [4], type, data: new Uint8Array(bytes) }];
    expect(() => encodeGguf({ metadata: {}, tensors })).toThrow(message);
  });

  it('refuses an array whose elements were skipped when its file was read', () => {
    const metadata = { words: { type: 'array', value: { elementType: 'string', count: 3 } } } as const;
    expect(() => encodeGguf({ metadata, tensors: [] })).toThrow("arrays: 'keep'");
  });
});

it.each([
  [2, 'Q4_0', 4.5],
  [12, 'Q4_K', 4.5],
  [14, 'Q6_K', 6.5625],
  [39, 'MXFP4', 4.25],
  [35, 'TQ2_0', 2.0625],
  [30, 'BF16', 16],
])('tensor type %d is %s with %d bits per weight', (number, name, bits) => {
  const type = tensorType(number);
  expect(type?.name).toBe(name);
  expect(((type?.bytes ?? 0) * 8) / (type?.elements ?? 0)).toBe(bits);
});
