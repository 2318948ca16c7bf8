/** Texts whose parsing would take long, whoever wrote them: they are shown as they are. */

/** Characters of one block; the time of parsing may grow with the square of it. */
const MAX_BLOCK_CHARACTERS = 20_000;
/** Signs that may begin emphasis, links and the like; prose has a few in a line. */
const MAX_SIGNS = 3000;
/** Characters without a space between them. */
const MAX_WORD_CHARACTERS = 3000;
/** Spaces side by side. */
const MAX_SPACES = 500;
/** Lines of one block: the time of parsing a list grows with the square of them. */
const MAX_LINES = 1500;
/** Columns of a table by lines: each line gets as many cells as the head has, however short it is. */
const MAX_CELLS = 20_000;
/** Quotes and lists in one line, each inside the one before. */
const nested = /^(?:[ \t]{0,8}(?:>|(?:[-+*]|\d{1,9}[.)])[ \t])){17}/m;
/** White space before an item of a list that is inside many others. */
const deep = /^[ \t]{80}[ \t]*(?:[-+*>]|\d{1,9}[.)])/m;

/** The line below the head of a table. */
const tableRule = /^[ \t>]*\|?[ \t]*:?-+:?[ \t]*\|[ \t|:-]*$/gm;

const signs = new Set('*_[]`<$~!:@\\');

/** How much of a text may be parsed as one block. */
export function blockLimit(text: string): number {
  let end = 0;
  for (let lines = 0; lines < MAX_LINES; lines += 1) {
    const next = text.indexOf('\n', end);
    if (next < 0 || next >= MAX_BLOCK_CHARACTERS) return Math.min(text.length, MAX_BLOCK_CHARACTERS);
    end = next + 1;
  }
  return end;
}

/** Whether a block should be shown as it is. */
export function isSuspect(text: string): boolean {
  if (text.length > MAX_BLOCK_CHARACTERS) return true;
  return hasTooMuch(text) || nested.test(text) || deep.test(text) || hasWideTable(text);
}

function hasTooMuch(text: string): boolean {
  const count = { signs: 0, word: 0, spaces: 0 };
  for (const character of text) {
    if (signs.has(character)) count.signs += 1;
    count.spaces = character === ' ' || character === '\t' ? count.spaces + 1 : 0;
    count.word = count.spaces > 0 || character === '\n' ? 0 : count.word + 1;
    if (count.signs > MAX_SIGNS || count.word > MAX_WORD_CHARACTERS) return true;
    if (count.spaces > MAX_SPACES) return true;
  }
  return false;
}

function hasWideTable(text: string): boolean {
  const columns = Math.max(0, ...(text.match(tableRule) ?? []).map((rule) => rule.split('|').length));
  return columns > 0 && columns * text.split('\n').length > MAX_CELLS;
}
