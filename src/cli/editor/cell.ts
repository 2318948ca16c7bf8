import { graphemeWidth } from '../output/text-width.ts';

/** A grapheme as the terminal shows it. */
export interface Cell {
  readonly shown: string;
  /** Number of columns. */
  readonly width: number;
}

const TAB_COLUMNS = 8;
/** Shown for a grapheme that has no visible form, or that does not fit. */
const UNKNOWN: Cell = { shown: '?', width: 1 };
const control = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * Control characters are shown, never sent: text must not control the terminal.
 * @param column the grapheme's column, which determines the width of a tab
 */
export function cellOf(grapheme: string, column: number, columns: number): Cell {
  const cell = control.test(grapheme) ? controlCell(grapheme, column, columns) : undefined;
  const { shown, width } = cell ?? { shown: grapheme, width: graphemeWidth(grapheme) };
  return width > columns ? UNKNOWN : { shown, width };
}

function controlCell(grapheme: string, column: number, columns: number): Cell {
  if (grapheme === '\t') {
    const width = Math.max(1, Math.min(TAB_COLUMNS - (column % TAB_COLUMNS), columns - column));
    return { shown: ' '.repeat(width), width };
  }
  const code = grapheme.charCodeAt(0);
  if (grapheme.length > 1 || code > 0x7f) return UNKNOWN;
  // Caret notation: "^A" for 1, "^?" for 127.
  return { shown: `^${String.fromCharCode(code ^ 0x40)}`, width: 2 };
}
