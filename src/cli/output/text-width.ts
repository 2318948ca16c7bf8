/** Columns that a terminal gives to text (East Asian Width, Unicode Standard Annex 11). */
import { eastAsianWidth } from 'get-east-asian-width';

const widthless = /^[\p{Mark}\p{Cf}]+$/u;
const emoji = /\p{Emoji_Presentation}|\ufe0f/u;

/** @param character one code point, none of the control characters */
export function characterWidth(character: string): 0 | 1 | 2 {
  if (character < '\u0300') return 1;
  if (widthless.test(character)) return 0;
  return eastAsianWidth(character.codePointAt(0) ?? 0);
}

/** @param grapheme what a reader takes for one character, of any number of code points */
export function graphemeWidth(grapheme: string): 0 | 1 | 2 {
  if (grapheme.length === 1) return characterWidth(grapheme);
  if (widthless.test(grapheme)) return 0;
  return emoji.test(grapheme) ? 2 : characterWidth(String.fromCodePoint(grapheme.codePointAt(0) ?? 0));
}
