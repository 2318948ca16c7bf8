import { LruCache } from '../../base/lru-cache.ts';
import { anyCharacter, type CharacterSet, charactersOf, complement, single, union } from './character-set.ts';
import { type PatternCursor, PatternError } from './pattern-syntax.ts';

const digits: CharacterSet = [[0x30, 0x39]];
const wordCharacters: CharacterSet = union([digits, [[0x41, 0x5a]], [[0x61, 0x7a]], charactersOf('_')]);
/** ECMAScript's WhiteSpace and LineTerminator. */
const whiteSpace: CharacterSet = union([
  charactersOf('\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff'),
  [[0x2000, 0x200a]],
]);
export const lineTerminators: CharacterSet = charactersOf('\n\r\u2028\u2029');

const classes: ReadonlyMap<string, CharacterSet> = new Map([
  ['d', digits],
  ['D', complement(digits)],
  ['w', wordCharacters],
  ['W', complement(wordCharacters)],
  ['s', whiteSpace],
  ['S', complement(whiteSpace)],
]);

const controls: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
  ['0', 0],
]);

/** Reads what follows a backslash. @throws PatternError for escapes that a grammar cannot express */
export function parseEscape(cursor: PatternCursor, inClass: boolean): CharacterSet {
  const letter = cursor.next();
  const known = classes.get(letter);
  if (known !== undefined) return known;
  const control = controls.get(letter);
  if (control !== undefined) return single(control);
  if (letter === 'b' && inClass) return single(8);
  if (letter === 'b' || letter === 'B')
    throw new PatternError(`word boundaries (\\${letter}) are not supported`);
  if (letter === 'p' || letter === 'P') return parseProperty(cursor, letter);
  if (letter === 'k' || /[1-9]/.test(letter)) throw new PatternError('backreferences are not supported');
  if (letter === 'c') return single((cursor.next().codePointAt(0) ?? 0) % 32);
  if (letter === 'x' || letter === 'u') return single(parseCodePoint(cursor, letter));
  return charactersOf(letter);
}

function parseCodePoint(cursor: PatternCursor, letter: string): number {
  const pair = letter === 'u' ? cursor.match(/^(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})/i) : null;
  if (pair) {
    const [high, low] = [Number.parseInt(pair[1] ?? '', 16), Number.parseInt(pair[2] ?? '', 16)];
    return 0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00);
  }
  const found = cursor.match(letter === 'x' ? /^([0-9a-f]{2})/i : /^(?:\{([0-9a-f]+)\}|([0-9a-f]{4}))/i);
  const hex = found?.[1] ?? found?.[2];
  return hex === undefined ? (letter.codePointAt(0) ?? 0) : Number.parseInt(hex, 16);
}

/** Schemas use the same few classes; the largest have some hundred ranges. */
const MAX_PROPERTIES_KEPT = 32;
const properties = new LruCache<string, CharacterSet>(MAX_PROPERTIES_KEPT);

function parseProperty(cursor: PatternCursor, letter: string): CharacterSet {
  const found = cursor.match(/^\{[\w=]+\}/);
  if (found === null) throw new PatternError(`\\${letter} needs a property in braces`);
  const text = `\\${letter}${found[0]}`;
  const set = properties.get(text) ?? propertySet(new RegExp(text, 'u'));
  properties.set(text, set);
  return set;
}

/** Evaluates a property with the Unicode tables of the JavaScript engine, one code point at a time. */
function propertySet(expression: RegExp): CharacterSet {
  const ranges: [number, number][] = [];
  for (const [first, last] of anyCharacter) {
    for (let codePoint = first; codePoint <= last; codePoint++) {
      if (!expression.test(String.fromCodePoint(codePoint))) continue;
      const previous = ranges.at(-1);
      if (previous?.[1] === codePoint - 1) previous[1] = codePoint;
      else ranges.push([codePoint, codePoint]);
    }
  }
  return ranges;
}
