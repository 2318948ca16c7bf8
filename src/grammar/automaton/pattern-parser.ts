import { messageOf } from '../../base/errors.ts';
import { type CharacterSet, charactersOf, complement, union } from './character-set.ts';
import { lineTerminators, parseEscape } from './pattern-escapes.ts';
import { type Pattern, PatternCursor, PatternError } from './pattern-syntax.ts';

/** Far longer than patterns written by hand. */
const MAX_PATTERN_CHARACTERS = 2000;
/** Each property class tests every code point. */
const MAX_PROPERTY_CLASSES = 4;
/** Each nested group is one level of recursion. */
const MAX_GROUP_DEPTH = 50;

/**
 * Parses an ECMAScript regular expression. Lookarounds, backreferences and word boundaries are not supported.
 * @throws PatternError that names the unsupported construct or the syntax error
 */
export function parsePattern(text: string): Pattern {
  if (text.length > MAX_PATTERN_CHARACTERS)
    throw new PatternError(`it is longer than ${MAX_PATTERN_CHARACTERS} characters`);
  if ((text.match(/\\p/gi)?.length ?? 0) > MAX_PROPERTY_CLASSES)
    throw new PatternError(`it has more than ${MAX_PROPERTY_CLASSES} Unicode property classes`);
  requireSyntax(text);
  const cursor = new PatternCursor(text);
  const pattern = parseChoice(cursor, 0);
  if (cursor.peek() !== undefined) throw new PatternError(`unexpected "${cursor.peek()}"`);
  return pattern;
}

/** JSON Schema specifies Unicode mode. Older patterns with escapes that this mode refuses are read the same way. */
function requireSyntax(text: string): void {
  try {
    new RegExp(text, 'u');
  } catch {
    try {
      new RegExp(text);
    } catch (error) {
      throw new PatternError(messageOf(error));
    }
  }
}

function parseChoice(cursor: PatternCursor, depth: number): Pattern {
  if (depth > MAX_GROUP_DEPTH) throw new PatternError(`groups are nested more than ${MAX_GROUP_DEPTH} deep`);
  const options = [parseSequence(cursor, depth)];
  while (cursor.take('|')) options.push(parseSequence(cursor, depth));
  return options.length === 1 && options[0] ? options[0] : { kind: 'choice', options };
}

function parseSequence(cursor: PatternCursor, depth: number): Pattern {
  const parts: Pattern[] = [];
  for (;;) {
    const next = cursor.peek();
    if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts };
    parts.push(parseQuantified(cursor, depth));
  }
}

function parseQuantified(cursor: PatternCursor, depth: number): Pattern {
  const part = parseAtom(cursor, depth);
  const found = cursor.match(/^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/);
  if (found === null) return part;
  const [, sign, least, comma, most] = found;
  if (sign !== undefined)
    return { kind: 'repeat', part, minimum: sign === '+' ? 1 : 0, maximum: sign === '?' ? 1 : Infinity };
  const minimum = Number(least);
  const open = comma === undefined ? minimum : Infinity;
  return { kind: 'repeat', part, minimum, maximum: most ? Number(most) : open };
}

function parseAtom(cursor: PatternCursor, depth: number): Pattern {
  const character = cursor.next();
  if (character === '^') return { kind: 'start' };
  if (character === '$') return { kind: 'end' };
  if (character === '(') return parseGroup(cursor, depth);
  return { kind: 'characters', set: parseCharacters(cursor, character) };
}

function parseCharacters(cursor: PatternCursor, character: string): CharacterSet {
  if (character === '.') return complement(lineTerminators);
  if (character === '[') return parseClass(cursor);
  if (character === '\\') return parseEscape(cursor, false);
  return charactersOf(character);
}

function parseGroup(cursor: PatternCursor, depth: number): Pattern {
  if (cursor.match(/^\?<?[=!]/)) throw new PatternError('lookaheads and lookbehinds are not supported');
  cursor.match(/^\?(?::|<[^>]*>)/);
  if (cursor.match(/^\?/)) throw new PatternError('groups with flags are not supported');
  const pattern = parseChoice(cursor, depth + 1);
  if (!cursor.take(')')) throw new PatternError('a group is not closed, or it has flags');
  return pattern;
}

function parseClass(cursor: PatternCursor): CharacterSet {
  const negated = cursor.take('^');
  const sets: CharacterSet[] = [];
  while (!cursor.take(']')) {
    if (cursor.peek() === undefined) throw new PatternError('a character class is not closed');
    sets.push(...parseClassItem(cursor));
  }
  const set = union(sets);
  return negated ? complement(set) : set;
}

/** One character, escape or range. A hyphen next to a class such as `\w` stands for itself. */
function parseClassItem(cursor: PatternCursor): CharacterSet[] {
  const first = parseClassCharacter(cursor);
  if (cursor.match(/^-(?=[^\]])/) === null) return [first];
  const last = parseClassCharacter(cursor);
  const [low, high] = [onlyCharacter(first), onlyCharacter(last)];
  if (low === undefined || high === undefined) return [first, charactersOf('-'), last];
  return [[[low, high]]];
}

function parseClassCharacter(cursor: PatternCursor): CharacterSet {
  const character = cursor.next();
  return character === '\\' ? parseEscape(cursor, true) : charactersOf(character);
}

function onlyCharacter(set: CharacterSet): number | undefined {
  const [range] = set;
  return set.length === 1 && range && range[0] === range[1] ? range[0] : undefined;
}
