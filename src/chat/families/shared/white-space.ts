/** White space as in Go's `unicode.IsSpace`: JavaScript's without U+FEFF (the byte order mark), and with U+0085. */
const space = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

export function isSpace(character: string): boolean {
  return space.test(character);
}

/** Removes white space from both ends of a text. */
export function trimSpace(text: string): string {
  const kept = trimSpaceEnd(text);
  let start = 0;
  while (start < kept.length && isSpace(kept.charAt(start))) start += 1;
  return kept.slice(start);
}

export function trimSpaceEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
