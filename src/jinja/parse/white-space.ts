/** White space as Python has it, which differs from JavaScript's. */
const wide = /[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const SPACE = 0x20;
const TAB = 0x09;
const RETURN = 0x0d;
const FILE_SEPARATOR = 0x1c;
const ASCII = 0x80;

export function isSpace(character: string | undefined): boolean {
  if (character === undefined || character === '') return false;
  const code = character.charCodeAt(0);
  if (code <= SPACE) return code >= FILE_SEPARATOR || (code >= TAB && code <= RETURN);
  return code >= ASCII && wide.test(character);
}

/** The index of the first character after white space that begins at an index. */
export function spaceEnd(text: string, start: number): number {
  let end = start;
  while (isSpace(text[end])) end++;
  return end;
}

/** The index after the last character that is not white space. */
export function trimmedEnd(text: string): number {
  let end = text.length;
  while (isSpace(text[end - 1])) end--;
  return end;
}
