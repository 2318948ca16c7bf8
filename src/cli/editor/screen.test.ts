import { describe, expect, it } from 'vitest';
import { layout } from './layout.ts';
import { Screen } from './screen.ts';

function frame(text: string, columns = 8, cursor = text.length) {
  return layout({ text, cursor, prompt: '> ', continuationPrompt: '. ', hint: '', columns, rows: 9 });
}

/** A minimal terminal with rows and a cursor. It wraps a full row only at the next character. */
class Paper {
  readonly rows: string[] = [''];
  row = 0;
  column = 0;
  readonly #columns: number;

  constructor(columns = 8) {
    this.#columns = columns;
  }

  write(output: string): this {
    const [start = '', ...rest] = output.split('\u001b');
    for (const character of start) this.#put(character);
    for (const part of rest) {
      const [code = '', count, letter = ''] = /^\[\??(\d*)([A-Za-z])/.exec(part) ?? [];
      this.#control(Number(count || 1), letter);
      for (const character of part.slice(code.length)) this.#put(character);
    }
    return this;
  }

  get shown(): string[] {
    return this.rows.map((row) => row.trimEnd());
  }

  #put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\n') this.#down();
    else {
      if (this.column === this.#columns) {
        this.column = 0;
        this.#down();
      }
      const row = (this.rows[this.row] ?? '').padEnd(this.column);
      this.rows[this.row] = row.slice(0, this.column) + character + row.slice(this.column + 1);
      this.column++;
    }
  }

  #down(): void {
    this.row++;
    this.rows[this.row] ??= '';
  }

  #control(count: number, letter: string): void {
    if (letter === 'A') this.row = Math.max(0, this.row - count);
    if (letter === 'B') this.row = Math.min(this.rows.length - 1, this.row + count);
    if (letter === 'C') this.column += count;
    if (letter === 'H') [this.row, this.column] = [0, 0];
    if (letter !== 'K' && letter !== 'J') return;
    // On a full row, the cursor is on the last character.
    const from = Math.min(this.column, this.#columns - 1);
    this.rows[this.row] = (this.rows[this.row] ?? '').slice(0, from);
    if (letter === 'J') this.rows.length = this.row + 1;
  }
}

describe('Screen', () => {
  it('shows any text after any other', () => {
    const texts = [
      '',
      'a',
      'abcdef',
      'abcdefgh',
      'ab\ncd',
      'abcdef\nghijkl',
      'a\n\nabcdefghijklmnopq',
      'abcdefg\n',
    ];
    for (const first of texts) {
      for (const second of texts) {
        const screen = new Screen();
        const paper = new Paper().write(screen.draw(frame(first))).write(screen.draw(frame(second)));
        const { rows, cursor } = frame(second);
        expect(paper.shown).toEqual(rows.map(({ text }) => text.trimEnd()));
        expect({ row: paper.row, column: paper.column }).toEqual(cursor);
      }
    }
  });

  it('follows any sequence of texts and cursors', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const screen = new Screen();
    const paper = new Paper();
    let text = '';
    for (let count = 0; count < 2000; count++) {
      const start = random(text.length + 1);
      const inserted = random(3) === 0 ? '\n' : 'abcdefghijklm'.slice(random(13));
      text = text.slice(0, start) + (random(2) === 0 ? inserted : '') + text.slice(start + random(12));
      text = text.slice(0, 50);
      const next = frame(text, 8, random(text.length + 1));
      if (next.rows.length > 8) continue;
      paper.write(screen.draw(next));
      expect(paper.shown).toEqual(next.rows.map((row) => row.text.trimEnd()));
      expect({ row: paper.row, column: paper.column }).toEqual(next.cursor);
    }
  });

  it('writes only rows that changed', () => {
    const screen = new Screen();
    screen.draw(frame('one\ntwo\nthree'));
    expect(screen.draw(frame('one\ntwo\nthree', 8, 0))).toBe('\u001b[2A\r\u001b[2C');
    expect(screen.draw(frame('one\ntwo\nthrew'))).toMatch(/^[^o]*threw[^o]*$/);
  });

  it('draws below existing text', () => {
    const screen = new Screen();
    const paper = new Paper().write('before\r\n').write(screen.draw(frame('one\ntwo\nabcdefgh', 8, 0)));
    paper.write(screen.erase());
    expect([paper.shown.join(), paper.row, paper.column]).toEqual(['before,,', 1, 0]);
    paper.write(screen.draw(frame('x')));
    screen.leave();
    paper.write('\r\n').write(screen.draw(frame('y')));
    expect(paper.shown).toEqual(['before', '> x', '> y']);
  });

  it('finds its first row after the terminal has rewrapped the lines', () => {
    const screen = new Screen();
    screen.draw(frame('abcdefghijkl', 8));
    const paper = new Paper(5)
      .write('old\r\n> abc\r\ndefgh\r\nijkl')
      .write(screen.draw(frame('abcdefghijkl', 5)));
    expect(paper.shown).toEqual(['old', '> abc', 'defgh', 'ijkl']);
  });
});
