import { readdirSync, readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { requireFormat } from '../media-format.ts';
import { decodeImage } from './decode-image.ts';

const folder = new URL('../../../test/fixtures/media/pictures/', import.meta.url);
const names = readdirSync(folder).filter((name) => !name.endsWith('.zlib'));

const read = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));

const decode = (name: string) => {
  const bytes = read(name);
  return decodeImage(requireFormat(bytes) as Parameters<typeof decodeImage>[0], bytes);
};

function expected(name: string) {
  const bytes = inflateSync(readFileSync(new URL(`${name}.rgb.zlib`, folder)));
  return { width: bytes.readUInt16LE(0), height: bytes.readUInt16LE(2), data: bytes.subarray(4) };
}

/** The most that a color value may differ from Pillow's, for formats that leave room: none for all others. */
const tolerance = (name: string) =>
  ({ jpg: 2, webp: name.startsWith('loss') || name.startsWith('alpha') ? 1 : 0 })[name.replace(/.*\./, '')] ??
  0;

describe('decodeImage', () => {
  it.each(names)('reads %s as Pillow does', (name) => {
    const image = decode(name);
    const reference = expected(name);
    expect([image.width, image.height]).toEqual([reference.width, reference.height]);
    expect(image.data.length).toBe(reference.data.length);
    let worst = 0;
    for (const [index, value] of reference.data.entries()) {
      worst = Math.max(worst, Math.abs(value - (image.data[index] ?? Number.NaN)));
    }
    expect(worst).toBeLessThanOrEqual(tolerance(name));
  });
});
