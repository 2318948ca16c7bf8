import type { Frame, Row } from './layout.ts';

const ERASE_BELOW = '\u001b[J';
const ERASE_RIGHT = '\u001b[K';
const ERASE_ALL = '\u001b[H\u001b[2J';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** Makes the terminal wrap. The space is erased or overwritten afterwards. */
const MAKE_BREAK = ' \r';
const NOTHING: Frame = {
  columns: 0,
  rows: [{ text: '', width: 0, isWrapped: false }],
  cursor: { row: 0, column: 0 },
};

/**
 * Turns frames into output that shows them below what the terminal already shows. It moves only relative to the cursor,
 * because the prompt's position on the screen is unknown. It lets the terminal wrap long lines, so that they stay whole
 * when they are copied or when the window is resized.
 */
export class Screen {
  /** The frame that is shown, from the row where the prompt began. */
  #shown = NOTHING;

  /** Replaces the previous frame. Rows that did not change are not written. */
  draw(frame: Frame): string {
    const { rows, columns } = this.#shown;
    if (columns !== frame.columns && this.#shown !== NOTHING) return this.#resize(frame);
    const last = Math.max(rows.length, frame.rows.length);
    let changed = 0;
    while (changed < last && isSame(rows[changed], frame.rows[changed])) changed++;
    if (changed === last) return this.#moveTo(frame);
    // The terminal must wrap the row above itself, so that it knows this row as its continuation.
    if (frame.rows[changed - 1]?.isWrapped) changed--;
    return this.#redraw(frame, Math.min(changed, rows.length - 1, frame.rows.length - 1));
  }

  /** Erases the frame and puts the cursor where it began. */
  erase(): string {
    const { rows, cursor } = this.#shown;
    this.#shown = NOTHING;
    const below = rows.length > 1 ? `\r\n${ERASE_BELOW}${vertical(-1)}` : '';
    return `${vertical(-cursor.row)}\r${ERASE_RIGHT}${below}`;
  }

  /** Clears the whole screen. */
  eraseAll(): string {
    this.#shown = NOTHING;
    return ERASE_ALL;
  }

  /** Leaves the frame on the screen; later frames are drawn below it. The cursor does not move. */
  leave(): void {
    this.#shown = NOTHING;
  }

  /**
   * Draws at a new width. Terminals rewrap the lines by themselves and keep the cursor at its character, so the new frame
   * shows how far above the cursor the prompt now begins.
   */
  #resize(frame: Frame): string {
    this.#shown = { ...NOTHING, cursor: frame.cursor };
    return this.#redraw(frame, 0);
  }

  /** @param first index of the first row to write */
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
 * The output for one row. Nothing is erased after a full row, because that would erase its last character, on which the
 * cursor still is.
 * @param isContinued whether the terminal is about to wrap the previous row, which one more character makes it do
 */
function written(row: Row, isContinued: boolean, columns: number): string {
  const start = isContinued && row.width === 0 ? MAKE_BREAK : '';
  return row.width < columns ? `${start}${shownText(row)}${ERASE_RIGHT}` : shownText(row);
}

/**
 * The output for the last row. It avoids erasing from the screen's first cell on if possible, because some terminals
 * treat that as clearing the screen and move the old content to the scrollback.
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
