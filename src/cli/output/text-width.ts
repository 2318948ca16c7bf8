/** Columns that text takes on a terminal (East Asian Width, Unicode Standard Annex 11). */
import { eastAsianWidth } from 'get-east-asian-width';

/** Characters that join the previous one: marks, formats, and the vowels and finals of a Hangul syllable. */
const widthless = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;
const emoji = /\p{Emoji_Presentation}|\ufe0f/u;

/** @param character one code point that is not a control character */
export function characterWidth(character: string): 0 | 1 | 2 {
  if (character < '\u0300') return 1;
  if (widthless.test(character)) return 0;
  return eastAsianWidth(character.codePointAt(0) ?? 0);
}

/** @param grapheme one character as a reader perceives it, with any number of code points */
export function graphemeWidth(grapheme: string): number {
  if (grapheme.length === 1) return characterWidth(grapheme);
  if (emoji.test(grapheme)) return 2;
  return Array.from(grapheme, characterWidth).reduce((sum: number, width) => sum + width, 0);
}
