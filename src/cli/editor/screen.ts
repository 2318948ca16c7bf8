import type { Frame, Row } from './layout.ts';

const ERASE_BELOW = '\u001b[J';
const ERASE_RIGHT = '\u001b[K';
const ERASE_ALL = '\u001b[H\u001b[2J';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** What it writes is erased or written over. */
const MAKE_BREAK = ' \r';
const NOTHING: Frame = {
  columns: 0,
  rows: [{ text: '', width: 0, isWrapped: false }],
  cursor: { row: 0, column: 0 },
};

/**
 * Turns frames into what a terminal must be sent to show them below what it already shows. It moves only relative to
 * the cursor, since where on the screen the prompt stands is not known, and lets the terminal break long lines itself,
 * so that they stay whole when they are copied or the window gets another width.
 */
export class Screen {
  /** What is shown, from the row where the prompt began. */
  #shown = NOTHING;

  /** Shows a frame in the place of the one before: rows that stay are left alone. */
  draw(frame: Frame): string {
    const { rows, columns } = this.#shown;
    if (columns !== frame.columns && this.#shown !== NOTHING) return this.#resize(frame);
    const last = Math.max(rows.length, frame.rows.length);
    let changed = 0;
    while (changed < last && isSame(rows[changed], frame.rows[changed])) changed++;
    if (changed === last) return this.#moveTo(frame);
    // A row that the one above goes on in must be broken by the terminal, to be known as its continuation.
    if (frame.rows[changed - 1]?.isWrapped) changed--;
    return this.#redraw(frame, Math.min(changed, rows.length - 1, frame.rows.length - 1));
  }

  /** Takes the frame away, with the cursor where it began. */
  erase(): string {
    const { rows, cursor } = this.#shown;
    this.#shown = NOTHING;
    const below = rows.length > 1 ? `\r\n${ERASE_BELOW}${vertical(-1)}` : '';
    return `${vertical(-cursor.row)}\r${ERASE_RIGHT}${below}`;
  }

  /** Empties the whole screen. */
  eraseAll(): string {
    this.#shown = NOTHING;
    return ERASE_ALL;
  }

  /** Leaves the frame for good. The cursor stays where it is. */
  leave(): void {
    this.#shown = NOTHING;
  }

  /**
   * At another width. Terminals break the lines anew by themselves, and keep the cursor at its character: so the new
   * frame tells how far above the cursor the prompt now begins.
   */
  #resize(frame: Frame): string {
    this.#shown = { ...NOTHING, cursor: frame.cursor };
    return this.#redraw(frame, 0);
  }

  /** @param first row from which on all are written */
  #redraw(frame: Frame, first: number): string {
    const { rows } = frame;
    let output = `${HIDE_CURSOR}${vertical(first - this.#shown.cursor.row)}\r`;
    for (const [index, row] of rows.entries()) {
      if (index < first) continue;
      const isContinued = index > first && rows[index - 1]?.isWrapped === true;
      const write = index < rows.length - 1 ? written : writtenLast;
      output += write(row, isContinued, frame.columns);
      if (index < rows.length - 1 && !row.isWrapped) output += '\r\n';
    }
    this.#shown = { ...frame, cursor: { row: rows.length - 1, column: 0 } };
    return `${output}${this.#moveTo(frame)}${SHOW_CURSOR}`;
  }

  #moveTo(frame: Frame): string {
    const { row, column } = frame.cursor;
    const output = `${vertical(row - this.#shown.cursor.row)}\r${column > 0 ? `\u001b[${column}C` : ''}`;
    this.#shown = frame;
    return output;
  }
}

/**
 * Erasing behind a full row would take its last character, on which the cursor waits.
 * @param isContinued the terminal is about to break the row before: one character makes it do so
 */
function written(row: Row, isContinued: boolean, columns: number): string {
  const start = isContinued && row.width === 0 ? MAKE_BREAK : '';
  return row.width < columns ? `${start}${shownText(row)}${ERASE_RIGHT}` : shownText(row);
}

/**
 * With nothing below. Not erased from the screen's first cell on where that can be helped: some terminals take this for
 * clearing the screen, and put what it showed into the scrollback.
 */
function writtenLast(row: Row, isContinued: boolean, columns: number): string {
  if (row.width > 0 && row.width < columns) return `${shownText(row)}${ERASE_BELOW}`;
  return `${isContinued ? MAKE_BREAK : ''}${ERASE_BELOW}${shownText(row)}`;
}

function shownText({ text, hint }: Row): string {
  return hint === undefined ? text : `${text}\u001b[90m${hint}\u001b[0m`;
}

function vertical(rows: number): string {
  if (rows === 0) return '';
  return rows < 0 ? `\u001b[${-rows}A` : `\u001b[${rows}B`;
}

function isSame(left: Row | undefined, right: Row | undefined): boolean {
  return left?.text === right?.text && left?.hint === right?.hint && left?.isWrapped === right?.isWrapped;
}
