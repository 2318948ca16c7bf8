import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameDecoder, MAX_FRAME_BYTES } from './frame-codec.ts';

describe('FrameDecoder', () => {
  it('finds the frames wherever the pipe splits them', () => {
    const values = [{ a: 1 }, 'zwei', [3, '€'], null];
    const bytes = Buffer.concat(values.map(encodeFrame));
    for (let size = 1; size <= bytes.length; size++) {
      const decoder = new FrameDecoder();
      const found: unknown[] = [];
      for (let at = 0; at < bytes.length; at += size)
        found.push(...decoder.push(bytes.subarray(at, at + size)));
      expect(found).toEqual(values);
    }
  });

  it('rejects a length over the limit before it waits for the bytes', () => {
    const header = Buffer.alloc(4);
    header.writeUInt32LE(MAX_FRAME_BYTES + 1);
    expect(() => new FrameDecoder().push(header)).toThrow(/over the limit/);
  });

  it('throws on bytes that are not JSON', () => {
    expect(() => new FrameDecoder().push(Buffer.from([2, 0, 0, 0, 0x7b, 0x7b]))).toThrow(SyntaxError);
  });
});
