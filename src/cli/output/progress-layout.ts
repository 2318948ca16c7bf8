/** Chooses the lines of progress that a terminal shows. Pure. */

import { cutToWidth } from './cut-to-width.ts';
import { progressLine } from './progress-bar.ts';
import type { ProgressRow } from './progress-rows.ts';

export interface ProgressScreen {
  /** Width of the terminal. */
  readonly columns: number;
  /** Height of the terminal; undefined to show all rows. */
  readonly lines: number | undefined;
  /** Milliseconds. */
  readonly now: number;
  /** Spinner in front of a status; "" for none. */
  readonly spinner: string;
}

/**
 * Formats one line per row, as many as fit, in the order in which the rows appeared. Active rows take precedence over
 * finished ones, and a first line shows how many rows are hidden. No line reaches the last column: there, some terminals
 * begin a new line, and erasing the rest of the line would erase the last character.
 */
export function progressLines(rows: readonly ProgressRow[], screen: ProgressScreen): string[] {
  const room = Math.max(0, screen.columns - 1);
  const { chosen, hidden } = chooseRows(rows, screen.lines ?? rows.length);
  const lines = chosen.map((row) => lineOf(row, screen, room));
  if (hidden === 0 || lines.length + 1 > (screen.lines ?? 0)) return lines;
  return [cutToWidth(`${hidden} more`, room), ...lines];
}

function chooseRows(rows: readonly ProgressRow[], lines: number) {
  if (rows.length <= lines) return { chosen: rows, hidden: 0 };
  // One line is for the number of hidden rows, unless the terminal has only one.
  const places = Math.max(1, lines - 1);
  const active = rows.filter(({ isActive }) => isActive).slice(0, places);
  const done = rows.filter(({ isActive }) => !isActive);
  const shown = new Set([...active, ...done.slice(done.length - Math.max(0, places - active.length))]);
  return { chosen: rows.filter((row) => shown.has(row)), hidden: rows.length - shown.size };
}

function lineOf(row: ProgressRow, { now, spinner }: ProgressScreen, room: number): string {
  const { status, total, completed, isActive } = row;
  const rate = isActive ? row.rate.at(now) : undefined;
  return progressLine({ status, total, completed, rate, room, spinner: isActive ? spinner : '' });
}
