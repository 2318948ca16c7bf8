/**
 * What models get wrong around and inside JSON. Each repair is a pure function that returns a text without mistakes of its
 * kind unchanged, never touches what is inside of strings, and takes linear time.
 */
import { JsonScan } from '../json-scan.ts';

export type Repair = (text: string) => string;

/** Repairs of one JSON value, from the mildest to the strongest. Each gets the result of those before it. */
export const valueRepairs: Readonly<Record<string, Repair>> = {
  'control characters in strings': withEscapes,
  'words of Python': withoutPythonWords,
  'trailing commas': withoutTrailingCommas,
};

/** Repairs of the text between the tags of a call. */
export const bodyRepairs: Readonly<Record<string, Repair>> = {
  'stray closing tags': withoutClosingTags,
  'a code fence': withoutFence,
  'closing brackets without opening ones': withoutStrayBrackets,
};

/** Escapes control characters, such as line breaks, inside strings. */
export function withEscapes(text: string): string {
  const scan = new JsonScan();
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (scan.isInString && character < ' ') {
      parts.push(text.slice(start, at), JSON.stringify(character).slice(1, -1));
      start = at + 1;
    }
    scan.pass(character);
  }
  return parts.join('') + text.slice(start);
}

/** A string of JSON, or the rest of the text if the string does not end. */
const string = /("[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|$))/;

function mapOutsideStrings(text: string, change: (part: string) => string): string {
  const pieces = text.split(string);
  return pieces.map((piece, index) => (index % 2 === 1 ? piece : change(piece))).join('');
}

const pythonWords: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' };

function withoutPythonWords(text: string): string {
  return mapOutsideStrings(text, (part) =>
    part.replace(/(?<![\w$.-])(?:True|False|None)(?![\w$.-])/g, (word) => pythonWords[word] ?? word),
  );
}

/** A comma before a closing bracket. It never removes more than one, because two commas miss a value. */
function withoutTrailingCommas(text: string): string {
  return mapOutsideStrings(text, (part) => part.replace(/(?<![,{[:]),(?=\s*[}\]])/g, ''));
}

const fence = '```';

/** The text inside a code fence, with or without a language after it. */
export function withoutFence(text: string): string {
  const whole = text.trim();
  if (!whole.startsWith(fence) || !whole.endsWith(fence) || whole.length < 2 * fence.length) return text;
  const inside = whole.slice(fence.length, -fence.length);
  return inside.replace(/^[a-zA-Z]{0,10}(?=\s|[{[])/, '');
}

/** Longer than any name of a tag. */
const MAX_TAG = 64;
const closingTag = /^<\/[\w:|.-]+>$/;

/** Closing tags at the end: their openings are missing. */
export function withoutClosingTags(text: string): string {
  let end = text.length;
  for (;;) {
    while (end > 0 && text.charAt(end - 1).trim() === '') end--;
    const window = text.slice(Math.max(0, end - MAX_TAG), end);
    const start = window.lastIndexOf('</');
    if (start < 0 || !closingTag.test(window.slice(start))) break;
    end -= window.length - start;
  }
  return text.slice(0, end);
}

const between = /[\s,;]/;

/** Values in a row, without closing brackets that belong to none of them; unchanged if there is anything else. */
function withoutStrayBrackets(text: string): string {
  const values: string[] = [];
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at);
    if (character === '{' || character === '[') {
      const end = new JsonScan().passValue(text, at);
      if (end === undefined) return text;
      values.push(text.slice(at, end));
      at = end;
    } else if (between.test(character) || (values.length > 0 && '}]'.includes(character))) at++;
    else return text;
  }
  return values.join('\n');
}
