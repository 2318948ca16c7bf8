/** Character classes of the template syntax. As in Go, words consist of letters and decimal digits of any script. */

const wordPattern = /[\p{L}\p{Nd}_]*/uy;
const spaces = ' \t\r\n';

export function isSpace(character: string | undefined): boolean {
  return character !== undefined && character !== '' && spaces.includes(character);
}

export function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

/** Where the run of letters, digits and underscores that begins at `start` ends. */
export function wordEnd(text: string, start: number): number {
  wordPattern.lastIndex = start;
  wordPattern.exec(text);
  return wordPattern.lastIndex;
}

/** Where the run of spaces that begins at `start` ends. */
export function spaceEnd(text: string, start: number): number {
  let end = start;
  while (isSpace(text[end])) end++;
  return end;
}

/** Where the text from `start` to `end` ends without its trailing spaces. */
export function trimmedEnd(text: string, start: number, end: number): number {
  let trimmed = end;
  while (trimmed > start && isSpace(text[trimmed - 1])) trimmed--;
  return trimmed;
}
