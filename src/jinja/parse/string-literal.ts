const single: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const sequence = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\s\S]?)/g;
const MAX_CODE_POINT = 0x10ffff;

/**
 * What a string between quotes means. Escapes are Python's; one that is not known keeps its backslash.
 * @returns undefined if an escape is not valid
 */
export function unescaped(source: string): string | undefined {
  if (!source.includes('\\')) return source;
  const text = source.replace(/\\[^\0-\x7f]/gu, protectedCharacter);
  let isValid = true;
  const result = text.replace(sequence, (whole) => {
    const meaning = meaningOf(whole);
    isValid &&= meaning !== undefined;
    return meaning ?? '';
  });
  return isValid ? result : undefined;
}

/** @param sequence with its backslash */
function meaningOf(sequence: string): string | undefined {
  const [, letter = ''] = sequence;
  if (Object.hasOwn(single, letter)) return single[letter];
  if (/[0-7]/.test(letter)) return String.fromCodePoint(Number.parseInt(sequence.slice(1), 8));
  // Python knows the names of characters after \\N, which no template uses.
  if (letter === '' || letter === 'N') return undefined;
  if (letter !== 'x' && letter !== 'u' && letter !== 'U') return sequence;
  const code = Number.parseInt(sequence.slice(2), 16);
  return code <= MAX_CODE_POINT ? String.fromCodePoint(code) : undefined;
}

/** jinja2 writes other characters as escapes before it reads the escapes: a backslash before one of them makes it plain text. */
function protectedCharacter(pair: string): string {
  const code = pair.codePointAt(1) ?? 0;
  const hexadecimal = code.toString(16);
  if (code <= 0xff) return `\\\\x${hexadecimal.padStart(2, '0')}`;
  return code <= 0xffff ? `\\\\u${hexadecimal.padStart(4, '0')}` : `\\\\U${hexadecimal.padStart(8, '0')}`;
}
