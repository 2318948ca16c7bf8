import { seededRandom } from '../random/seeded-random.ts';

/** Bytes before the pixels of a BMP file. */
const HEAD_BYTES = 54;
const BITS_PER_PIXEL = 24;

/** A picture of noise as a BMP file; equal numbers give equal files. */
export function noiseBmp(seed: number, width = 40, height = 30): Buffer {
  const rowBytes = Math.ceil((width * BITS_PER_PIXEL) / 32) * 4;
  const bytes = Buffer.alloc(HEAD_BYTES + rowBytes * height);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(HEAD_BYTES, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(BITS_PER_PIXEL, 28);
  const random = seededRandom(seed);
  for (let at = HEAD_BYTES; at < bytes.length; at++) bytes[at] = Math.floor(random() * 256);
  return bytes;
}
