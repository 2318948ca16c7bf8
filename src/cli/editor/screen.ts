import type { Frame, Row } from './layout.ts';

const ERASE_BELOW = '\u001b[J';
const ERASE_ALL = '\u001b[H\u001b[2J';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const NOTHING: Frame = { rows: [{ text: '', width: 0, isWrapped: false }], cursor: { row: 0, column: 0 } };

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
    const { rows } = this.#shown;
    const last = Math.max(rows.length, frame.rows.length);
    let changed = 0;
    while (changed < last && isSame(rows[changed], frame.rows[changed])) changed++;
    if (changed === last) return this.#moveTo(frame);
    // A row that the one above goes on in must be broken by the terminal, to be known as its continuation.
    if (frame.rows[changed - 1]?.isWrapped) changed--;
    return this.#redraw(frame, Math.min(changed, rows.length - 1));
  }

  /**
   * The same text at another width. Terminals break the lines anew, and keep the cursor at its character: so the
   * new frame tells how far above the cursor the prompt now begins.
   */
  resize(frame: Frame): string {
    this.#shown = { ...NOTHING, cursor: frame.cursor };
    return this.#redraw(frame, 0);
  }

  /** Takes the frame away, with the cursor where it began. */
  erase(): string {
    return this.#redraw(NOTHING, 0);
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

  /** @param first row from which on all are written */
  #redraw(frame: Frame, first: number): string {
    const start = `${HIDE_CURSOR}${vertical(first - this.#shown.cursor.row)}\r${ERASE_BELOW}`;
    let output = start;
    for (const [index, row] of frame.rows.entries()) {
      if (index < first) continue;
      output += `${row.text}${row.hint === undefined ? '' : `\u001b[90m${row.hint}\u001b[0m`}`;
      output += separator(row, frame.rows[index + 1]);
    }
    this.#shown = { rows: frame.rows, cursor: { row: frame.rows.length - 1, column: 0 } };
    return `${output}${this.#moveTo(frame)}${SHOW_CURSOR}`;
  }

  #moveTo(frame: Frame): string {
    const { row, column } = frame.cursor;
    const output = `${vertical(row - this.#shown.cursor.row)}\r${column > 0 ? `\u001b[${column}C` : ''}`;
    this.#shown = frame;
    return output;
  }
}

function separator(row: Row, next: Row | undefined): string {
  if (!next) return '';
  if (!row.isWrapped) return '\r\n';
  // The terminal breaks a full row at the next character; an empty row needs one that is taken away again.
  return next.text === '' ? ' \r\u001b[K' : '';
}

function vertical(rows: number): string {
  if (rows === 0) return '';
  return rows < 0 ? `\u001b[${-rows}A` : `\u001b[${rows}B`;
}

function isSame(left: Row | undefined, right: Row | undefined): boolean {
  return left?.text === right?.text && left?.hint === right?.hint && left?.isWrapped === right?.isWrapped;
}
