import { lineEnd, lineStart } from './motion.ts';

/** A line of the text, or a part of a very long line. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly isLineStart: boolean;
  readonly isLineEnd: boolean;
}

/** UTF-16 units. Rows are laid out piece by piece, so that a line of megabytes takes no more time than one of this length. */
const PIECE_LENGTH = 1024;

export function pieceAt(text: string, index: number): Piece {
  const [first, last] = [lineStart(text, index), lineEnd(text, index)];
  const count = Math.max(1, Math.ceil((last - first) / PIECE_LENGTH));
  const number = Math.min(Math.floor((index - first) / PIECE_LENGTH), count - 1);
  const isLineStart = number === 0;
  const isLineEnd = number === count - 1;
  const start = isLineStart ? first : cut(text, first + number * PIECE_LENGTH);
  const end = isLineEnd ? last : cut(text, first + (number + 1) * PIECE_LENGTH);
  return { start, end, isLineStart, isLineEnd };
}

export function pieceBefore(text: string, { start }: Piece): Piece | undefined {
  return start === 0 ? undefined : pieceAt(text, start - 1);
}

export function pieceAfter(text: string, { end }: Piece): Piece | undefined {
  return end === text.length ? undefined : pieceAt(text, end + 1);
}

/** The index, moved by one if it would split a surrogate pair. */
function cut(text: string, index: number): number {
  const isLowHalf = (text.charCodeAt(index) & 0xfc00) === 0xdc00;
  return isLowHalf ? index - 1 : index;
}
