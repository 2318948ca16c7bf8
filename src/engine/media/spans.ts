/**
 * Where the rows of media lie among the tokens of a sequence, and which positions the library is given for them: pure
 * functions. Without media, the position of a token is its index. All lists of spans are in order and do not overlap.
 */
import type { MediaSpan } from '../../protocol/media.ts';
import { CHUNK_TOKENS, floorTo } from '../batching/step-plan.ts';

type Spans = readonly MediaSpan[];

/** Index of the first token after a span. */
export const endOf = ({ start, tokens }: MediaSpan): number => start + tokens;

/** The span that the token at an index belongs to. */
export function spanAt(spans: Spans, index: number): MediaSpan | undefined {
  return spans.find((span) => span.start <= index && index < endOf(span));
}

/**
 * The position of the token at an index, which may be that of the next token. With M-RoPE, all rows of a grid have the
 * position of its start, and a grid takes fewer positions than tokens.
 */
export function positionOf(spans: Spans, index: number): number {
  let position = index;
  for (const span of spans) {
    if (span.start >= index) break;
    if (index >= endOf(span)) position -= span.tokens - span.positions;
    else if (span.grid) position -= index - span.start;
  }
  return position;
}

/** Number of parts of a position with M-RoPE: time, line, column, and one that no family uses for pictures. */
export const GRID_POSITION_PARTS = 4;

/**
 * The positions with four parts of some rows of a span, as a batch holds them: the first part of all rows, then the second
 * of all, and so on (tools/mtmd/mtmd-helper-common.h of llama.cpp). The rows of a line have four equal parts.
 * @param from index of the first row
 */
export function gridPositions(spans: Spans, span: MediaSpan, from: number, rows: number): Int32Array {
  const positions = new Int32Array(rows * GRID_POSITION_PARTS);
  const first = positionOf(spans, span.start);
  for (let row = 0; row < rows; row++) {
    const offset = from - span.start + row;
    const { grid } = span;
    const parts = grid
      ? [first, first + Math.floor(offset / grid.columns), first + (offset % grid.columns), 0]
      : new Array<number>(GRID_POSITION_PARTS).fill(first + offset);
    for (const [part, value] of parts.entries()) positions[part * rows + row] = value;
  }
  return positions;
}

/**
 * The longest length up to `length` that does not end inside of a piece. A sequence is only cut there: the rows of a piece
 * may depend on each other, and with M-RoPE the library cannot cut between them.
 */
export function wholePieces(spans: Spans, length: number): number {
  const span = spanAt(spans, length);
  return span ? span.start : length;
}

/** Where the rows or the text end that the token at an index belongs to: a call computes only one or the other. */
export function partEnd(spans: Spans, index: number): number {
  const span = spanAt(spans, index);
  if (span) return endOf(span);
  return spans.find(({ start }) => start > index)?.start ?? Number.POSITIVE_INFINITY;
}

/**
 * Whether a span must be computed in one go, because its rows attend to each other in both directions: in some families
 * those of a picture do, those of sound never do (`mtmd_decode_use_non_causal` in tools/mtmd/mtmd.cpp).
 */
export function isOnePiece({ kind }: MediaSpan, isBidirectional: boolean): boolean {
  return isBidirectional && kind === 'image';
}

/**
 * Where the chunk ends that begins at an index, if chunks always end at the same places: at a multiple of `CHUNK_TOKENS`, at
 * the end of the text or of the piece, and for rows that are computed in one go only there.
 */
export function chunkEnd(spans: Spans, index: number, isBidirectional: boolean): number {
  const end = partEnd(spans, index);
  const span = spanAt(spans, index);
  if (span && isOnePiece(span, isBidirectional)) return end;
  return Math.min(end, floorTo(index, CHUNK_TOKENS) + CHUNK_TOKENS);
}

/** The longest length up to `length` at which such a chunk ends without cutting a piece. */
export function wholeChunkLength(spans: Spans, length: number): number {
  const whole = wholePieces(spans, length);
  const before = spans.filter((span) => endOf(span) <= whole).at(-1);
  return Math.max(
    before ? endOf(before) : 0,
    spans.some(({ start }) => start === whole) ? whole : 0,
    floorTo(whole, CHUNK_TOKENS),
  );
}
