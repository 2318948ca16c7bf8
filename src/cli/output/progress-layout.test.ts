import { describe, expect, it } from 'vitest';
import { textWidth } from './cut-to-width.ts';
import { progressLines } from './progress-layout.ts';
import { ProgressRows } from './progress-rows.ts';

/** @param completed for each layer of 100 bytes, the number of bytes that have arrived */
function rowsOf(...completed: number[]) {
  const rows = new ProgressRows();
  rows.update({ status: 'pulling manifest' }, 0);
  for (const [index, bytes] of completed.entries())
    rows.update({ status: `layer ${index}`, digest: `sha256:${index}`, total: 100, completed: bytes }, 0);
  return rows.all();
}

const screen = { columns: 60, lines: 5, now: 0, spinner: '* ' };
const names = (lines: string[]) => lines.map((line) => line.replace(/:.*/, ''));

describe('progressLines', () => {
  it('shows several active rows at once, and cached layers at 100 %', () => {
    const lines = progressLines(rowsOf(100, 10, 20), screen);
    expect(names(lines)).toEqual(['pulling manifest', 'layer 0', 'layer 1', 'layer 2']);
    expect(lines[1]).toMatch(/100% ▕█+▏ 100 B/);
    expect(lines[2]).toMatch(/ 10% ▕█+ +▏ 10 B\/100 B/);
  });

  it('hides finished rows first if there are more rows than lines', () => {
    const lines = progressLines(rowsOf(100, 5, 100, 6, 100, 7), screen);
    expect(names(lines)).toEqual(['3 more', 'layer 1', 'layer 3', 'layer 4', 'layer 5']);
  });

  it('shows the first active rows if not even those fit', () => {
    const lines = progressLines(rowsOf(1, 2, 3, 4, 5, 6, 7), screen);
    expect(names(lines)).toEqual(['4 more', 'layer 0', 'layer 1', 'layer 2', 'layer 3']);
  });

  it('fits terminals of any size', () => {
    for (let lines = 1; lines < 12; lines++) {
      for (const columns of [1, 2, 3, 10, 20, 80]) {
        const shown = progressLines(rowsOf(100, 5, 100, 6, 100, 7), { ...screen, lines, columns });
        expect(shown.length).toBeLessThanOrEqual(lines);
        expect(shown.length).toBeGreaterThan(0);
        for (const line of shown) expect(textWidth(line)).toBeLessThan(columns);
      }
    }
  });

  it('shows all rows at the end', () => {
    expect(
      progressLines(rowsOf(...Array<number>(50).fill(100)), { ...screen, lines: undefined }),
    ).toHaveLength(51);
  });

  it('shows the spinner in front of the latest status only', () => {
    const rows = new ProgressRows();
    rows.update({ status: 'one' }, 0);
    rows.update({ status: 'two' }, 0);
    expect(progressLines(rows.all(), screen)).toEqual(['one', '* two']);
  });
});

describe('ProgressRows', () => {
  it('removes control codes that a server sends', () => {
    const { row } = new ProgressRows().update({ status: 'a\u001b[2Jb\r\nc\u202ed' }, 0);
    expect(row.status).toBe('a [2Jb  c d');
  });

  it('keeps at most a thousand rows, and prefers active ones', () => {
    const rows = new ProgressRows();
    rows.update({ status: 'slow', digest: 'slow', total: 10, completed: 1 }, 0);
    for (let index = 0; index < 3000; index++) rows.update({ status: `status ${index}` }, 0);
    expect(rows.all()).toHaveLength(1000);
    expect(rows.all()[0]?.status).toBe('slow');
  });

  it('corrects impossible numbers from a server', () => {
    const rows = new ProgressRows();
    expect(rows.update({ status: 's', digest: 'd', total: 10, completed: 99 }, 0).row.completed).toBe(10);
    expect(rows.update({ status: 's', digest: 'd', total: 10, completed: -5 }, 0).row.completed).toBe(0);
    expect(rows.update({ status: 's', digest: 'd', total: 0 }, 0).row.total).toBeUndefined();
  });
});
