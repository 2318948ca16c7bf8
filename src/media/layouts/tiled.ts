/** Families that choose one of a few sizes, cut the picture into tiles there and add the whole picture behind them. */
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { Filter } from '../image/resize.ts';
import type { Color, Size } from '../image/rgb.ts';
import { cut, padded, shared, stretched, tileBoxes } from './drawing.ts';
import { bestCandidate } from './geometry.ts';
import type { PlanImage, PlannedPiece } from './layout.ts';

type Candidates = readonly (readonly [number, number])[];

interface TiledOptions {
  readonly filter: Filter;
  readonly candidates: Candidates;
  /** The color beside a picture whose proportions are not those of its tiles together. */
  readonly padding: Color;
  readonly before?: string;
  readonly after?: string;
  readonly rows: (size: Size, image: ImageFacts) => number;
}

/** A picture that fits into one tile becomes only the whole picture. */
export function tiled(image: ImageFacts, options: TiledOptions): PlanImage {
  const { filter, candidates, padding, before = '', after = '', rows } = options;
  const tile = { width: image.size, height: image.size };
  const piece = (size: Size, draw: PlannedPiece['draw']) => ({ ...size, tokens: rows(size, image), draw });
  const overview = piece(tile, stretched(tile, filter));
  return (size) => {
    if (size.width <= image.size && size.height <= image.size) return [before, overview, after];
    const refined = bestCandidate(size, candidates);
    const source = shared(padded(refined, filter, padding));
    const tiles = tileBoxes(refined, tile).map((box) =>
      piece({ width: box.width, height: box.height }, cut(source, box)),
    );
    return [before, ...tiles, overview, after];
  };
}

/** Every size of up to so many tiles per side, except the single tile (Llama 4). */
export function squaresUpTo(side: number, size: number): Candidates {
  const candidates: [number, number][] = [];
  for (let columns = 1; columns <= side; columns++) {
    for (let lines = 1; lines <= side; lines++) {
      if (columns * lines > 1) candidates.push([columns * size, lines * size]);
    }
  }
  return candidates;
}

/** Every size of so many tiles (InternVL). */
export function tilingsOf(min: number, max: number, size: number): Candidates {
  const candidates: [number, number][] = [];
  if (min < 1) return candidates;
  for (let columns = min; columns <= max; columns++) {
    const first = Math.max(Math.ceil(min / columns), min);
    const last = Math.min(Math.floor(max / columns), max);
    for (let lines = first; lines <= last; lines++) candidates.push([columns * size, lines * size]);
  }
  return candidates;
}
