/** DeepSeek-OCR: tiles of large pictures, in the first version fused row by row, then the whole picture on grey. */
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import { CHANNELS, type Rgb, type Size } from '../image/rgb.ts';
import { cut, GREY, padded, shared, stretched, tileBoxes } from './drawing.ts';
import { nearestTiling } from './geometry.ts';
import type { PlanImage, PlannedPiece } from './layout.ts';

const FILTER = 'bicubic';
/** Pixels per side of a tile, by version. */
const FIRST_TILE = 640;
const SECOND_TILE = 768;
/** Patches per side that become one row: two convolutions halve the sides twice. */
const MERGED = 4;

export function deepseekocr(image: ImageFacts): PlanImage {
  const isFirst = image.type === 'deepseekocr';
  const side = isFirst ? FIRST_TILE : SECOND_TILE;
  const tile = { width: side, height: side };
  const base = { width: image.size, height: image.size };
  const lines = image.size / (image.patchSize * MERGED);
  const overview: PlannedPiece = {
    ...base,
    // A row ends each line in the first version, and one follows the whole picture in both.
    tokens: isFirst ? lines * (lines + 1) + 1 : lines * lines + 1,
    place: { isOverview: 1 },
    draw: padded(base, FILTER, GREY, 'nearest'),
  };
  return (size) => {
    if (size.width <= side && size.height <= side) return [overview, '\n'];
    const { minTiles: min = 0, maxTiles: max = 0 } = image;
    const grid = nearestTiling(size, { tile: side, min, max });
    const refined = { width: grid.columns * side, height: grid.lines * side };
    const source = shared(stretched(refined, FILTER));
    const pieces = isFirst
      ? fusedRows(source, refined, tile, image)
      : tileBoxes(refined, tile).map((box) => ({
          ...tile,
          tokens: (side / (image.patchSize * MERGED)) ** 2,
          draw: cut(source, box),
        }));
    return [...pieces, overview, '\n'];
  };
}

/** The tiles of one row below each other, because the encoder writes their lines side by side. */
function fusedRows(
  source: (image: Rgb) => Rgb,
  refined: Size,
  tile: Size,
  { patchSize }: ImageFacts,
): PlannedPiece[] {
  const columns = refined.width / tile.width;
  const lines = tile.height / (patchSize * MERGED);
  return Array.from({ length: refined.height / tile.height }, (_, row) => ({
    width: tile.width,
    height: tile.height * columns,
    tokens: (lines * columns + 1) * lines,
    draw: (image) => stacked(source(image), row * tile.height, tile),
  }));
}

function stacked({ width, data }: Rgb, top: number, tile: Size): Rgb {
  const columns = width / tile.width;
  const bytes = tile.width * CHANNELS;
  const result = new Uint8Array(bytes * tile.height * columns);
  for (let line = 0; line < tile.height * columns; line++) {
    const column = Math.floor(line / tile.height);
    const y = top + (line % tile.height);
    const start = (y * width + column * tile.width) * CHANNELS;
    result.set(data.subarray(start, start + bytes), line * bytes);
  }
  return { width: tile.width, height: tile.height * columns, data: result };
}
