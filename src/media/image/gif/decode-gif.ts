import { FileBytes } from '../../file-bytes.ts';
import { checkSize } from '../../limits.ts';
import { CHANNELS, type Rgb, type Size, solid } from '../rgb.ts';
import { expandCodes } from './expand-codes.ts';

/** A palette of colors, three bytes each; absent where the file has none. */
type Palette = Uint8Array | undefined;

interface Frame extends Size {
  readonly x: number;
  readonly y: number;
  readonly isInterlaced: boolean;
  readonly palette: Uint8Array;
  /** Index of the palette that means "transparent". */
  readonly clear: number | undefined;
  /** Where the compressed data begins. */
  readonly at: number;
}

const HEADER_BYTES = 6;
const SCREEN_BYTES = 7;
const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;

/**
 * Decodes the first picture of a GIF file (GIF89a specification), over white where it is transparent or absent.
 * @throws OllamaError `invalid-request`
 */
export function decodeGif(bytes: Uint8Array): Rgb {
  const file = new FileBytes('GIF', bytes);
  const screen = { width: file.shortLittle(HEADER_BYTES), height: file.shortLittle(HEADER_BYTES + 2) };
  checkSize('GIF', screen);
  const frame = findFrame(file);
  if (frame.width < 1 || frame.height < 1) throw file.broken('has a first picture without pixels');
  if (frame.x + frame.width > screen.width || frame.y + frame.height > screen.height) {
    throw file.broken('is damaged: its first picture does not lie within it');
  }
  const indexes = expandCodes(file, frame.at, frame.width * frame.height);
  const image = solid(screen, [255, 255, 255]);
  let source = 0;
  for (const row of rowsOf(frame)) {
    drawRow(image, frame, row, indexes.subarray(source, source + frame.width));
    source += frame.width;
  }
  return image;
}

function drawRow(
  { data, width }: Rgb,
  { palette, clear, x, y }: Frame,
  row: number,
  indexes: Uint8Array,
): void {
  let target = ((y + row) * width + x) * CHANNELS;
  for (const index of indexes) {
    if (index !== clear) {
      // An index behind the end of the palette is black.
      data[target] = palette[index * CHANNELS] ?? 0;
      data[target + 1] = palette[index * CHANNELS + 1] ?? 0;
      data[target + 2] = palette[index * CHANNELS + 2] ?? 0;
    }
    target += CHANNELS;
  }
}

function findFrame(file: FileBytes): Frame {
  const screenFlags = file.byte(HEADER_BYTES + 4);
  let at = HEADER_BYTES + SCREEN_BYTES;
  const common = paletteAt(file, at, screenFlags);
  at += common?.length ?? 0;
  let clear: number | undefined;
  for (;;) {
    const mark = file.byte(at);
    if (mark === IMAGE) return frameAt(file, at + 1, { common, clear });
    if (mark !== EXTENSION) throw file.broken('has no picture');
    if (file.byte(at + 1) === GRAPHIC_CONTROL && (file.byte(at + 3) & 1) === 1) clear = file.byte(at + 6);
    at = endOfBlocks(file, at + 2);
  }
}

function frameAt(file: FileBytes, at: number, shared: { common: Palette; clear: number | undefined }): Frame {
  const flags = file.byte(at + 8);
  const own = paletteAt(file, at + 9, flags);
  const palette = own ?? shared.common;
  if (!palette) throw file.broken('has no palette');
  return {
    x: file.shortLittle(at),
    y: file.shortLittle(at + 2),
    width: file.shortLittle(at + 4),
    height: file.shortLittle(at + 6),
    isInterlaced: (flags & 0x40) !== 0,
    palette,
    clear: shared.clear,
    at: at + 9 + (own?.length ?? 0),
  };
}

function paletteAt(file: FileBytes, at: number, flags: number): Palette {
  return (flags & 0x80) === 0 ? undefined : file.slice(at, CHANNELS * 2 ** ((flags & 7) + 1));
}

/** Data comes in blocks of up to 255 bytes, each after its length; an empty one ends it. */
function endOfBlocks(file: FileBytes, start: number): number {
  let at = start;
  for (let length = file.byte(at); length !== 0; length = file.byte(at)) at += 1 + length;
  return at + 1;
}

/** The rows of the picture in the order of the data: every eighth, those between, and so on, if interlaced. */
function* rowsOf({ height, isInterlaced }: Frame): Generator<number> {
  const passes = isInterlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]];
  for (const [first = 0, step = 1] of passes) {
    for (let row = first; row < height; row += step) yield row;
  }
}
