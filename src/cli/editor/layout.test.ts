import { describe, expect, it } from 'vitest';
import { emptyEditor } from './editor-state.ts';
import { layout } from './layout.ts';
import { editingPage, submittedPage } from './prompt-page.ts';

const prompts = { prompt: '>>> ', continuationPrompt: '... ', hint: '' };

/** Lays out a text in which "|" marks the cursor. */
function shown(marked: string, columns: number, rows = 24) {
  const cursor = marked.indexOf('|');
  return layout({ ...prompts, text: marked.replace('|', ''), cursor, columns, rows });
}

function texts(marked: string, columns: number, rows?: number): string[] {
  return shown(marked, columns, rows).rows.map(({ text }) => text);
}

describe('layout', () => {
  it('puts a prompt before each line and wraps rows at the edge', () => {
    expect(texts('abcdefgh\nij|', 8)).toEqual(['>>> abcd', 'efgh', '... ij']);
    expect(shown('abcdefgh\nij|', 8).cursor).toEqual({ row: 2, column: 6 });
    expect(shown('abcdefgh\nij|', 8).rows.map(({ isWrapped }) => isWrapped)).toEqual([true, false, false]);
  });

  it('gives a cursor after a full row its own row', () => {
    expect(shown('abcd|', 8)).toMatchObject({
      rows: [{ isWrapped: true }, { text: '' }],
      cursor: { row: 1, column: 0 },
    });
    expect(shown('ab|cd', 8)).toMatchObject({ rows: [{ text: '>>> abcd' }], cursor: { row: 0, column: 6 } });
    expect(shown('abcd|ef', 8).cursor).toEqual({ row: 1, column: 0 });
  });

  it('counts wide characters twice and combining ones not at all', () => {
    expect(shown('漢e\u0301👩‍👩‍👧|', 80).cursor).toEqual({ row: 0, column: 4 + 2 + 1 + 2 });
    expect(texts('a漢字|', 7)).toEqual(['>>> a漢', '字']);
    expect(shown('a漢|字', 7).cursor).toEqual({ row: 1, column: 0 });
    expect(texts('漢字|', 7)).toEqual(['>>> 漢', '字']);
  });

  it('shows control characters instead of sending them', () => {
    expect(texts('a\u001b[2J\u007f\u0085|', 80)).toEqual(['>>> a^[[2J^??']);
    expect(texts('a\tb|', 80)).toEqual(['>>> a   b']);
    expect(shown('a\tb|', 80).cursor.column).toBe(9);
    expect(texts('\r\u2028\ud800|', 80)).toEqual(['>>> ^M??']);
  });

  it('shows the rows around the cursor if there are too many for the screen', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `${index}`);
    const at = (row: number) => lines.map((line, index) => (index === row ? `${line}|` : line)).join('\n');
    expect(texts(at(19), 20, 4)).toEqual(['... 16', '... 17', '... 18', '... 19']);
    expect(shown(at(19), 20, 4).cursor.row).toBe(3);
    expect(texts(at(0), 20, 4)).toEqual(['>>> 0', '... 1', '... 2', '... 3']);
    expect(texts(at(10), 20, 4)).toEqual(['... 8', '... 9', '... 10', '... 11']);
    expect(shown(at(10), 20, 4).cursor.row).toBe(2);
  });

  it('processes only the text near the cursor', () => {
    const line = '漢'.repeat(4_000_000);
    const { rows, cursor } = shown(`${line}|`, 80);
    expect(rows).toHaveLength(24);
    expect(rows.at(-1)?.text.length).toBe(cursor.column / 2);
    const middle = shown(`${'x😀'.repeat(3000)}|${'x😀'.repeat(3000)}`, 80, 10);
    expect(middle.rows).toHaveLength(10);
    expect(middle.rows.map(({ text }) => text).join('')).not.toContain('?');
  });

  it.each([1, 2, 3, 5])('fits %d columns', (columns) => {
    const { rows, cursor } = shown('a漢\u0001\te\u0301|b\nc', columns, 50);
    expect(Math.max(...rows.map(({ width }) => width))).toBeLessThanOrEqual(columns);
    expect(cursor.column).toBeLessThan(columns);
    expect(cursor.row).toBeLessThan(rows.length);
  });
});

describe('the page of a prompt', () => {
  const size = { columns: 80, rows: 24 };
  const isComplete = (text: string) => !text.startsWith('"""');
  const typed = (text: string) => ({ ...emptyEditor([]), text, cursor: text.length });
  const hint = (text: string) => editingPage(typed(text), size, isComplete).hint;

  it('shows a hint in an empty line', () => {
    expect(hint('')).toBe('Send a message (/? for help)');
    expect(hint('x')).toBe('');
    expect(hint('x\n')).toBe('Press Enter to send');
    expect(hint('"""x\n')).toBe('');
    expect(submittedPage(typed(''), size).hint).toBe('');
    expect(layout(editingPage(typed(''), { columns: 20, rows: 5 }, isComplete)).rows).toEqual([
      { text: '>>> ', width: 4, isWrapped: false },
    ]);
  });

  it('shows the query of a search', () => {
    const origin = { text: '', cursor: 0, historyIndex: 0 };
    const search = { query: 'fo', direction: 'back', hasFailed: true, origin } as const;
    const page = editingPage({ ...typed('x'), search }, size, isComplete);
    expect(page.prompt).toBe("(failed reverse-i-search)'fo': ");
  });

  it('assumes the usual size for a terminal that reports none', () => {
    expect(submittedPage(typed(''), { columns: 0, rows: 0 })).toMatchObject({ columns: 80, rows: 24 });
  });
});
