import { overWhite } from '../over-white.ts';
import { CHANNELS } from '../rgb.ts';
import { type PngHeader, samplesOf } from './png-header.ts';

/** Where the pixels of a row go, in bytes of the picture. */
interface Target {
  readonly at: number;
  readonly step: number;
  readonly count: number;
}

/** Writes the pixels of one row of samples into a picture. */
type PixelReader = (line: Uint8Array, picture: Uint8Array, target: Target) => void;

interface Tables {
  readonly palette: Uint8Array | undefined;
  /** The chunk tRNS: opacities of the palette, or the one color that is transparent. */
  readonly transparency: Uint8Array | undefined;
}

/** @returns a function for the rows of pictures with such a header; transparent parts come out white */
export function pixelReader(header: PngHeader, tables: Tables): PixelReader {
  if (header.depth < 8 || header.isPalette) return tableReader(header, tables);
  const { isGray, hasAlpha, depth } = header;
  const bytes = depth >> 3;
  const pixelBytes = samplesOf(header) * bytes;
  // The upper byte of a sample comes first.
  const [green, blue] = isGray ? [0, 0] : [bytes, 2 * bytes];
  const alpha = hasAlpha ? pixelBytes - bytes : undefined;
  const isClear = hasAlpha ? undefined : clearTest(header, tables.transparency);
  return (line, picture, { at, step, count }) => {
    for (
      let index = 0, source = 0, target = at;
      index < count;
      index++, source += pixelBytes, target += step
    ) {
      let opacity = alpha === undefined ? 255 : (line[source + alpha] as number);
      if (isClear?.(line, source)) opacity = 0;
      picture[target] = overWhite(line[source] as number, opacity);
      picture[target + 1] = overWhite(line[source + green] as number, opacity);
      picture[target + 2] = overWhite(line[source + blue] as number, opacity);
    }
  };
}

/** One gray value or color may stand for "transparent"; samples are compared in full. */
function clearTest(header: PngHeader, transparency: Uint8Array | undefined) {
  const samples = samplesOf(header);
  if (!transparency || transparency.length < samples * 2) return undefined;
  const bytes = header.depth >> 3;
  // The chunk keeps each sample in two bytes.
  const wanted = Array.from({ length: samples }, (_, sample) =>
    transparency.subarray(sample * 2 + 2 - bytes, sample * 2 + 2),
  ).flatMap((sample) => [...sample]);
  return (line: Uint8Array, at: number) => wanted.every((value, index) => line[at + index] === value);
}

/** Samples of up to 8 bits that stand for a color: those of a palette, and few shades of gray. */
function tableReader(header: PngHeader, tables: Tables): PixelReader {
  const { depth } = header;
  const colors = header.isPalette ? paletteColors(tables) : grayColors(depth, tables.transparency);
  const perByte = 8 / depth;
  const mask = (1 << depth) - 1;
  return (line, picture, { at, step, count }) => {
    for (let index = 0, target = at; index < count; index++, target += step) {
      const byte = line[Math.trunc(index / perByte)] as number;
      const value = (byte >> (8 - depth - (index % perByte) * depth)) & mask;
      picture[target] = colors[value * CHANNELS] as number;
      picture[target + 1] = colors[value * CHANNELS + 1] as number;
      picture[target + 2] = colors[value * CHANNELS + 2] as number;
    }
  };
}

/** An index behind the end of the palette is black. */
function paletteColors({ palette = new Uint8Array(), transparency }: Tables): Uint8Array {
  const colors = new Uint8Array(256 * CHANNELS);
  for (let index = 0; index < palette.length; index++) {
    colors[index] = overWhite(palette[index] as number, transparency?.[Math.trunc(index / CHANNELS)] ?? 255);
  }
  return colors;
}

function grayColors(depth: number, transparency: Uint8Array | undefined): Uint8Array {
  const most = (1 << depth) - 1;
  const clear =
    transparency && transparency.length >= 2 ? ((transparency[0] ?? 0) << 8) | (transparency[1] ?? 0) : -1;
  return Uint8Array.from({ length: (most + 1) * CHANNELS }, (_, index) => {
    const value = Math.trunc(index / CHANNELS);
    return value === clear ? 255 : Math.round((value * 255) / most);
  });
}
