/** A tag of a Jinja template, with the strings inside it. */
export interface JinjaTag {
  readonly start: number;
  readonly end: number;
}

const opening = /\{[{%#]/g;
/** The parser drops these tags; they are not counted. */
const generation = /\{%-?\s*(?:end)?generation\s*-?%\}/y;

/** Finds the tags of a template, without comments, in linear time. */
export function jinjaTags(text: string): JinjaTag[] {
  const tags: JinjaTag[] = [];
  const strings = { '"': stringEnds(text, '"'), "'": stringEnds(text, "'") };
  const lastComment = text.lastIndexOf('#}');
  let at = 0;
  for (;;) {
    opening.lastIndex = at;
    const start = opening.exec(text)?.index;
    if (start === undefined) return tags;
    if (text[start + 1] === '#') {
      // A comment has an end.
      at = start + 2 <= lastComment ? text.indexOf('#}', start + 2) + 2 : start + 1;
      continue;
    }
    generation.lastIndex = start;
    if (generation.test(text)) {
      at = generation.lastIndex;
      continue;
    }
    at = tagEnd(text, start, strings);
    tags.push({ start, end: at });
  }
}

function tagEnd(text: string, start: number, strings: Readonly<Record<'"' | "'", Int32Array>>): number {
  for (let at = start + 2; at < text.length; ) {
    const character = text[at];
    if ((character === '%' || character === '}') && text[at + 1] === '}') return at + 2;
    const isQuote = character === '"' || character === "'";
    const closing = isQuote ? (strings[character][at + 1] ?? NONE) : NONE;
    at = closing === NONE ? at + 1 : closing + 1;
  }
  return text.length;
}

const NONE = -1;

/** For each place, where a string that has begun before it ends: at the next quote without a backslash. */
function stringEnds(text: string, quote: string): Int32Array {
  const ends = new Int32Array(text.length + 2).fill(NONE);
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === quote) ends[at] = at;
    else ends[at] = ends[at + (text[at] === '\\' ? 2 : 1)] ?? NONE;
  }
  return ends;
}
