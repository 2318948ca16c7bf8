import { crc32, inflateSync } from 'node:zlib';
import { FileBytes } from '../../file-bytes.ts';
import { checkSize, MAX_RAW_BYTES } from '../../limits.ts';
import { orientationOf, upright } from '../orientation.ts';
import { CHANNELS, type Rgb } from '../rgb.ts';
import { pixelReader } from './pixel-reader.ts';
import { chunksOf, type PngHeader, readHeader, samplesOf } from './png-header.ts';
import { type Pass, unfilter } from './unfilter.ts';

const MAX_PALETTE_BYTES = 256 * CHANNELS;

interface Parts {
  readonly compressed: Uint8Array;
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  readonly exif: Uint8Array | undefined;
}

/**
 * Decodes a PNG file: every color type and depth, interlaced or not; the first picture of an animated one. Of samples with 16
 * bits the upper eight are kept, as stb_image does.
 * @throws OllamaError `invalid-request`
 */
export function decodePng(bytes: Uint8Array): Rgb {
  const file = new FileBytes('PNG', bytes);
  const header = readHeader(file);
  checkSize('PNG', header);
  const passes = passesOf(header);
  const rawBytes = passes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
  if (rawBytes > MAX_RAW_BYTES) {
    throw file.broken(`takes ${rawBytes} bytes when decompressed: at most ${MAX_RAW_BYTES} are accepted`);
  }
  const parts = readParts(file);
  if (header.isPalette && !parts.palette) throw file.broken('has no palette');
  const raw = inflate(file, parts.compressed, rawBytes);
  const data = new Uint8Array(header.width * header.height * CHANNELS);
  const readPixels = pixelReader(header, parts);
  const pixelBytes = Math.max(1, (samplesOf(header) * header.depth) >> 3);
  let start = 0;
  for (const pass of passes) {
    unfilter(file, raw, { start, pass, pixelBytes });
    for (let row = 0; row < pass.rows; row++) {
      const line = raw.subarray(start + 1, start + 1 + pass.rowBytes);
      readPixels(line, data, {
        at: ((pass.y + row * pass.stepY) * header.width + pass.x) * CHANNELS,
        step: pass.stepX * CHANNELS,
        count: pass.columns,
      });
      start += pass.rowBytes + 1;
    }
  }
  const image = { width: header.width, height: header.height, data };
  return parts.exif ? upright(image, orientationOf(parts.exif)) : image;
}

function readParts(file: FileBytes): Parts {
  const compressed: Uint8Array[] = [];
  const others: Record<string, Uint8Array> = {};
  for (const { name, data } of chunksOf(file, crc32)) {
    if (name === 'IDAT') compressed.push(data);
    else if (name === 'PLTE' || name === 'tRNS' || name === 'eXIf') others[name] ??= data;
  }
  const { PLTE: palette, tRNS: transparency, eXIf: exif } = others;
  if (palette && (palette.length % CHANNELS !== 0 || palette.length > MAX_PALETTE_BYTES)) {
    throw file.broken('has a palette of an impossible size');
  }
  return { compressed: Buffer.concat(compressed), palette, transparency, exif };
}

/** @returns exactly `size` bytes; more than the header promises are an error before they are kept */
function inflate(file: FileBytes, compressed: Uint8Array, size: number): Uint8Array {
  let raw: Uint8Array;
  try {
    // One piece of the right size, so that nothing is held twice.
    raw = inflateSync(compressed, { maxOutputLength: size, chunkSize: size + 64 });
  } catch (error) {
    const isLonger = error instanceof RangeError;
    throw file.broken(
      isLonger ? 'holds more data than its header says' : 'is damaged: it cannot be decompressed',
    );
  }
  if (raw.length < size) throw file.broken('holds less data than its header says');
  return raw;
}

/** The seven passes of an interlaced picture (PNG specification, section 8.2), each thinner than the picture. */
const adam7 = [
  { x: 0, y: 0, stepX: 8, stepY: 8 },
  { x: 4, y: 0, stepX: 8, stepY: 8 },
  { x: 0, y: 4, stepX: 4, stepY: 8 },
  { x: 2, y: 0, stepX: 4, stepY: 4 },
  { x: 0, y: 2, stepX: 2, stepY: 4 },
  { x: 1, y: 0, stepX: 2, stepY: 2 },
  { x: 0, y: 1, stepX: 1, stepY: 2 },
];

function passesOf(header: PngHeader): readonly Pass[] {
  const places = header.isInterlaced ? adam7 : [{ x: 0, y: 0, stepX: 1, stepY: 1 }];
  const bits = samplesOf(header) * header.depth;
  return places
    .map((place) => {
      const columns = Math.ceil((header.width - place.x) / place.stepX);
      const rows = Math.ceil((header.height - place.y) / place.stepY);
      return { ...place, columns, rows, rowBytes: Math.ceil((columns * bits) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}
