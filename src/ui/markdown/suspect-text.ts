/** Texts whose parsing would take long, whoever wrote them: they are shown as they are. */

/** Characters of one block; the time of parsing may grow with the square of it. */
export const MAX_BLOCK_CHARACTERS = 20_000;
/** Signs that may begin emphasis, links and the like; prose has a few in a line. */
const MAX_SIGNS = 3000;
/** Characters without a space between them. */
const MAX_WORD_CHARACTERS = 3000;
/** Quotes and lists in one line, each inside the one before. */
const nested = /^(?:[ \t]{0,8}(?:>|(?:[-+*]|\d{1,9}[.)])[ \t])){17}/m;
/** White space before an item of a list that is inside many others. */
const deep = /^[ \t]{80}[ \t]*(?:[-+*>]|\d{1,9}[.)])/m;

const signs = new Set('*_[]`<$~!:@');

/** Whether a block should be shown as it is. */
export function isSuspect(text: string): boolean {
  if (text.length > MAX_BLOCK_CHARACTERS) return true;
  let signCount = 0;
  let word = 0;
  for (const character of text) {
    if (signs.has(character)) signCount += 1;
    word = character === ' ' || character === '\n' ? 0 : word + 1;
    if (signCount > MAX_SIGNS || word > MAX_WORD_CHARACTERS) return true;
  }
  return nested.test(text) || deep.test(text);
}
