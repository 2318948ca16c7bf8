/** Lays out a text and a cursor in the rows of a terminal. */
import { cellOf } from './cell.ts';
import { graphemesOf } from './graphemes.ts';
import { type Piece, pieceAfter, pieceAt, pieceBefore } from './pieces.ts';

export interface Row {
  /** Text to write. */
  readonly text: string;
  /** Number of columns. */
  readonly width: number;
  /** Whether the next row belongs to the same line, which the terminal wraps. */
  readonly isWrapped: boolean;
  /** Grey text after the row's text. */
  readonly hint?: string;
}

/** A position in cells, counted from 0. */
interface Place {
  readonly row: number;
  readonly column: number;
}

export interface Frame {
  /** Width of the terminal. */
  readonly columns: number;
  /** At least one row. */
  readonly rows: readonly Row[];
  readonly cursor: Place;
}

export interface Page {
  readonly text: string;
  readonly cursor: number;
  readonly prompt: string;
  readonly continuationPrompt: string;
  /** Shown at the cursor if there is room. */
  readonly hint: string;
  readonly columns: number;
  /** Maximum number of rows. If there are more, those around the cursor are shown. */
  readonly rows: number;
}

export function layout(page: Page): Frame {
  const { text, rows: height, columns, hint } = page;
  const piece = pieceAt(text, page.cursor);
  const { rows, cursor } = layoutPiece(page, piece);
  const above: Row[] = [];
  for (let next = pieceBefore(text, piece); next && above.length < height; next = pieceBefore(text, next)) {
    above.unshift(...layoutPiece(page, next).rows);
  }
  const below: Row[] = [];
  for (let next = pieceAfter(text, piece); next && below.length < height; next = pieceAfter(text, next)) {
    below.push(...layoutPiece(page, next).rows);
  }
  const hasRoom = hint !== '' && cursor.column + hint.length < columns;
  const own = rows.map((row, index) => (hasRoom && index === cursor.row ? { ...row, hint } : row));
  const all = [...above, ...own, ...below];
  return cutTo(height, { columns, rows: all, cursor: { ...cursor, row: above.length + cursor.row } });
}

/** Cuts a frame so that the cursor's row is in the middle, except near the first and last rows. */
function cutTo(height: number, { columns, rows, cursor }: Frame): Frame {
  const start = Math.max(0, Math.min(cursor.row - Math.floor(height / 2), rows.length - height));
  return {
    columns,
    rows: rows.slice(start, start + height),
    cursor: { row: cursor.row - start, column: cursor.column },
  };
}

function layoutPiece(page: Page, piece: Piece): Frame {
  const { text, cursor, columns } = page;
  const writer = new RowWriter(columns);
  for (const grapheme of graphemesOf(promptOf(page, piece))) writer.add(grapheme);
  let index = piece.start;
  let place: Place | undefined;
  for (const grapheme of graphemesOf(text.slice(piece.start, piece.end))) {
    if (place === undefined && index >= cursor) place = writer.placeFor(grapheme);
    writer.add(grapheme);
    index += grapheme.length;
  }
  // A cursor after a full row needs the next row. The position is unused for pieces without the cursor.
  if (place === undefined && cursor === index) place = writer.placeFor(' ');
  return { columns, rows: writer.finish(), cursor: place ?? { row: 0, column: 0 } };
}

function promptOf({ prompt, continuationPrompt }: Page, { start, isLineStart }: Piece): string {
  if (start === 0) return prompt;
  return isLineStart ? continuationPrompt : '';
}

/** Fills rows with graphemes. */
class RowWriter {
  readonly #columns: number;
  readonly #rows: Row[] = [];
  #text = '';
  #width = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** The position of the next grapheme. Begins a new row if there is no room left. */
  placeFor(grapheme: string): Place {
    this.#makeRoom(grapheme);
    // A mark that combines with the last character of a full row has no cell of its own.
    return { row: this.#rows.length, column: Math.min(this.#width, this.#columns - 1) };
  }

  add(grapheme: string): void {
    this.#makeRoom(grapheme);
    const { shown, width } = cellOf(grapheme, this.#width, this.#columns);
    this.#text += shown;
    this.#width += width;
  }

  finish(): Row[] {
    return [...this.#rows, { text: this.#text, width: this.#width, isWrapped: false }];
  }

  #makeRoom(grapheme: string): void {
    if (this.#width + cellOf(grapheme, this.#width, this.#columns).width <= this.#columns) return;
    this.#rows.push({ text: this.#text, width: this.#width, isWrapped: true });
    this.#text = '';
    this.#width = 0;
  }
}
