import { FileBytes } from '../file-bytes.ts';
import { checkSize } from '../limits.ts';
import { overWhite } from './over-white.ts';
import { CHANNELS, type Rgb } from './rgb.ts';

/** What the two headers of a BMP file say (BITMAPFILEHEADER, and BITMAPCOREHEADER up to BITMAPV5HEADER). */
interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  /** Bits of one pixel. */
  readonly depth: number;
  /** Where the pixels begin. */
  readonly pixelsAt: number;
  readonly paletteAt: number;
  /** Bytes of one color of the palette. */
  readonly paletteStep: number;
  /** Which bits of a pixel hold red, green, blue and opacity, for 16 and 32 bits. */
  readonly masks: readonly number[];
}

const FILE_HEADER = 14;
/** The oldest kind of header, with sizes of 16 bits. */
const CORE_HEADER = 12;
const INFO_HEADER = 40;
/** From here on the header itself holds the masks. */
const MASKS_HEADER = 52;
const ALPHA_HEADER = 56;
const UNCOMPRESSED = 0;
const BITFIELDS = 3;
const depths = [1, 4, 8, 16, 24, 32];
const usualMasks: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x03e0, 0x001f, 0],
  32: [0xff0000, 0x00ff00, 0x0000ff, 0],
};

/**
 * Decodes a BMP file without compression: palettes, 16, 24 and 32 bits per pixel, also with masks.
 * @throws OllamaError `invalid-request`
 */
export function decodeBmp(bytes: Uint8Array): Rgb {
  const file = new FileBytes('BMP', bytes);
  const header = readHeader(file);
  const { width, height, depth, pixelsAt, isTopDown } = header;
  checkSize('BMP', header);
  const rowBytes = 4 * Math.ceil((width * depth) / 32);
  file.need(pixelsAt, rowBytes * height);
  const data = new Uint8Array(width * height * CHANNELS);
  const colorAt = colorReader(file, header);
  for (let y = 0; y < height; y++) {
    const row = pixelsAt + (isTopDown ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++) colorAt(row, x, data, (y * width + x) * CHANNELS);
  }
  return { width, height, data };
}

function readHeader(file: FileBytes): BmpHeader {
  const size = file.longLittle(FILE_HEADER);
  const isCore = size === CORE_HEADER;
  if (!isCore && size < INFO_HEADER) throw file.broken('has an unknown header');
  const at = FILE_HEADER + 4;
  const signed = (place: number) => file.longLittle(place) | 0;
  const height = isCore ? file.shortLittle(at + 2) : signed(at + 4);
  const depth = file.shortLittle(at + (isCore ? 6 : 10));
  const compression = isCore ? UNCOMPRESSED : file.longLittle(at + 12);
  if (!depths.includes(depth)) throw file.broken(`has ${depth} bits per pixel, which is not accepted`);
  const hasMasks = checkCompression(file, compression, depth);
  const masksBehind = hasMasks && size === INFO_HEADER ? 12 : 0;
  return {
    width: isCore ? file.shortLittle(at) : signed(at),
    height: Math.abs(height),
    isTopDown: height < 0,
    depth,
    pixelsAt: file.longLittle(10),
    paletteAt: FILE_HEADER + size + masksBehind,
    paletteStep: isCore ? 3 : 4,
    masks: hasMasks ? masksOf(file, size) : (usualMasks[depth] ?? []),
  };
}

/** @returns whether masks say which bits of a pixel mean what */
function checkCompression(file: FileBytes, compression: number, depth: number): boolean {
  const hasMasks = compression === BITFIELDS && (depth === 16 || depth === 32);
  if (compression !== UNCOMPRESSED && !hasMasks) {
    throw file.broken('is compressed, which is not accepted: save it as PNG');
  }
  return hasMasks;
}

function masksOf(file: FileBytes, headerSize: number): number[] {
  const at = FILE_HEADER + INFO_HEADER;
  const count = headerSize >= ALPHA_HEADER ? 4 : 3;
  const masks = Array.from({ length: count }, (_, index) => file.longLittle(at + index * 4));
  if (headerSize >= MASKS_HEADER || headerSize === INFO_HEADER) return masks;
  throw file.broken('has an unknown header');
}

type ColorReader = (row: number, x: number, target: Uint8Array, at: number) => void;

function colorReader(file: FileBytes, header: BmpHeader): ColorReader {
  if (header.depth <= 8) return paletteReader(file, header);
  const { bytes } = file;
  if (header.depth === 24) {
    return (row, x, target, at) => {
      const source = row + x * CHANNELS;
      target[at] = bytes[source + 2] as number;
      target[at + 1] = bytes[source + 1] as number;
      target[at + 2] = bytes[source] as number;
    };
  }
  const parts = header.masks.map(maskReader);
  const [red = zero, green = zero, blue = zero, alpha] = parts;
  const hasAlpha = (header.masks[3] ?? 0) !== 0 && alpha !== undefined;
  return (row, x, target, at) => {
    const pixel = header.depth === 16 ? file.shortLittle(row + 2 * x) : file.longLittle(row + 4 * x);
    const opacity = hasAlpha ? alpha(pixel) : 255;
    target[at] = overWhite(red(pixel), opacity);
    target[at + 1] = overWhite(green(pixel), opacity);
    target[at + 2] = overWhite(blue(pixel), opacity);
  };
}

const zero = () => 0;

/** @returns a function that takes the bits of a mask out of a pixel, as a number up to 255 */
function maskReader(mask: number): (pixel: number) => number {
  if (mask === 0) return zero;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / most);
}

function paletteReader(file: FileBytes, { depth, paletteAt, paletteStep, pixelsAt }: BmpHeader): ColorReader {
  const colors = Math.min(1 << depth, Math.trunc((pixelsAt - paletteAt) / paletteStep));
  const palette = new Uint8Array(256 * CHANNELS);
  for (let index = 0; index < colors; index++) {
    const at = paletteAt + index * paletteStep;
    palette.set([file.byte(at + 2), file.byte(at + 1), file.byte(at)], index * CHANNELS);
  }
  const perByte = 8 / depth;
  const mask = (1 << depth) - 1;
  return (row, x, target, at) => {
    const byte = file.bytes[row + Math.trunc(x / perByte)] as number;
    const index = (byte >> (8 - depth - (x % perByte) * depth)) & mask;
    for (let channel = 0; channel < CHANNELS; channel++) {
      target[at + channel] = palette[index * CHANNELS + channel] as number;
    }
  };
}
