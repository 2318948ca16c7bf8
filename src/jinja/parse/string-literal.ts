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

/** Number of hexadecimal digits after the letter. */
const digits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const escape = /\\(?:[xuU]|[0-7]{1,3}|[\s\S])?/g;
const MAX_CODE_POINT = 0x10ffff;

/**
 * What a string between quotes means. Escapes are Python's; one that is not known keeps its backslash.
 * @returns undefined if an escape is not valid
 */
export function unescaped(source: string): string | undefined {
  if (!source.includes('\\')) return source;
  const text = source.replace(/\\[^\0-\x7f]/gu, protectedCharacter);
  let result = '';
  let from = 0;
  escape.lastIndex = 0;
  for (let found = escape.exec(text); found; found = escape.exec(text)) {
    const after = found[0].slice(1);
    result += text.slice(from, found.index);
    const width = Object.hasOwn(digits, after) ? (digits[after] ?? 0) : 0;
    if (width > 0) {
      const code = codePoint(text.slice(escape.lastIndex, escape.lastIndex + width), width);
      if (code === undefined) return undefined;
      result += String.fromCodePoint(code);
      escape.lastIndex += width;
    } else if (after === '' || after === 'N') return undefined;
    else if (/^[0-7]/.test(after)) result += String.fromCodePoint(Number.parseInt(after, 8));
    else result += Object.hasOwn(single, after) ? (single[after] ?? '') : found[0];
    from = escape.lastIndex;
  }
  return result + text.slice(from);
}

function codePoint(text: string, width: number): number | undefined {
  if (text.length !== width || !/^[0-9a-fA-F]+$/.test(text)) return undefined;
  const code = Number.parseInt(text, 16);
  return code > MAX_CODE_POINT ? undefined : code;
}

/** jinja2 writes other characters as escapes before it reads the escapes: a backslash before one of them makes it plain text. */
function protectedCharacter(pair: string): string {
  const code = pair.codePointAt(1) ?? 0;
  const hexadecimal = code.toString(16);
  if (code <= 0xff) return `\\\\x${hexadecimal.padStart(2, '0')}`;
  return code <= 0xffff ? `\\\\u${hexadecimal.padStart(4, '0')}` : `\\\\U${hexadecimal.padStart(8, '0')}`;
}
