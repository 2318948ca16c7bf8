import { FileBytes } from '../../file-bytes.ts';
import { checkSize } from '../../limits.ts';
import type { Size } from '../rgb.ts';

/** What a WebP file holds, as far as the first picture is concerned. */
export interface WebpPicture {
  /** The whole picture. */
  readonly canvas: Size;
  /** The first picture of an animation covers only this part of it. */
  readonly place: Size & { readonly x: number; readonly y: number };
  /** A WebP file with one picture and nothing else. */
  readonly still: Uint8Array;
  /** The TIFF structure of the EXIF metadata. */
  readonly exif: Uint8Array | undefined;
}

interface Chunk {
  readonly name: string;
  readonly data: Uint8Array;
  /** Name, length, data and padding. */
  readonly all: Uint8Array;
}

/** RIFF, the length, and WEBP. */
const HEAD_BYTES = 12;
const CHUNK_HEAD = 8;
/** Place, size, duration and flags before the chunks of one picture of an animation. */
const FRAME_HEAD = 16;
const ALPHA_FLAG = 0x10;
/** Chunks of the picture itself: opacity, lossy and lossless. */
const pictureChunks = ['ALPH', 'VP8 ', 'VP8L'];

/**
 * Reads the container (RFC 9649, section 2). The decoder gets a file with one picture and nothing else: it refuses animations.
 * @throws OllamaError `invalid-request`
 */
export function readContainer(bytes: Uint8Array): WebpPicture {
  const file = new FileBytes('WebP', bytes);
  const chunks = [...chunksOf(file, HEAD_BYTES)];
  const exif = chunks.find(({ name }) => name === 'EXIF')?.data;
  const extended = chunks.find(({ name }) => name === 'VP8X');
  const frame = chunks.find(({ name }) => name === 'ANMF');
  if (frame && extended) {
    const canvas = sizeAt(new FileBytes('WebP', extended.data), 4);
    const head = new FileBytes('WebP', frame.data);
    const place = { x: 2 * longThree(head, 0), y: 2 * longThree(head, 3), ...sizeAt(head, 6) };
    const parts = [...chunksOf(head, FRAME_HEAD)];
    if (place.x + place.width > canvas.width || place.y + place.height > canvas.height) {
      throw file.broken('is damaged: its first picture does not lie within it');
    }
    return { canvas, place, still: stillOf(parts, place), exif };
  }
  const size = extended ? sizeAt(new FileBytes('WebP', extended.data), 4) : sizeOfPicture(file, chunks);
  // The header below cannot hold a width or height of 0, which a lossy picture may give.
  checkSize('WebP', size);
  return { canvas: size, place: { x: 0, y: 0, ...size }, still: stillOf(chunks, size), exif };
}

function* chunksOf(file: FileBytes, start: number): Generator<Chunk> {
  for (let at = start; at + CHUNK_HEAD <= file.length; ) {
    const length = file.longLittle(at + 4);
    const data = file.slice(at + CHUNK_HEAD, length);
    const end = Math.min(file.length, at + CHUNK_HEAD + length + (length % 2));
    yield { name: file.name(at), data, all: file.bytes.subarray(at, end) };
    at = end;
  }
}

/** A file of the chunks of one picture. */
function stillOf(chunks: readonly Chunk[], size: Size): Uint8Array {
  const parts = chunks.filter(({ name }) => pictureChunks.includes(name)).map(({ all }) => all);
  const body = Buffer.concat([extendedHeader(size), ...parts]);
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(body.length + 4, 4);
  return Buffer.concat([head, body]);
}

function extendedHeader({ width, height }: Size): Uint8Array {
  const chunk = Buffer.alloc(CHUNK_HEAD + 10);
  chunk.write('VP8X', 'latin1');
  chunk.writeUInt32LE(10, 4);
  chunk[8] = ALPHA_FLAG;
  chunk.writeUIntLE(width - 1, 12, 3);
  chunk.writeUIntLE(height - 1, 15, 3);
  return chunk;
}

/** The size within the data of a simple file: 14 bits each (RFC 6386, section 9.1, and RFC 9649, section 3.4). */
function sizeOfPicture(file: FileBytes, chunks: readonly Chunk[]): Size {
  const [first] = chunks;
  if (!first || (first.name !== 'VP8 ' && first.name !== 'VP8L')) throw file.broken('has no picture');
  const data = new FileBytes('WebP', first.data);
  if (first.name === 'VP8 ') {
    return { width: data.shortLittle(6) & 0x3fff, height: data.shortLittle(8) & 0x3fff };
  }
  const packed = data.longLittle(1);
  return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
}

const sizeAt = (file: FileBytes, at: number): Size => ({
  width: longThree(file, at) + 1,
  height: longThree(file, at + 3) + 1,
});

/** A number of three bytes. */
function longThree(file: FileBytes, at: number): number {
  return file.shortLittle(at) | (file.byte(at + 2) << 16);
}
