import type { AddedToken } from '../../convert/tokenizer/tokenizer-json.ts';
import type { OriginalTokenizer } from '../../convert/tokenizer/vocabulary.ts';

/** Both tokenizers of a comparison. */
export interface Tokenizers {
  engine(text: string): number[];
  original(text: string): readonly number[];
}

/** Texts for which the engine's tokenizer differs from all tokenizers of a kind, whatever the vocabulary. */
export interface Limitation {
  /** Completes "the engine gives other tokens than the original for". */
  readonly words: string;
  applies(original: OriginalTokenizer, preTokenizer: string | undefined): boolean;
  /** Whether a text has characters that it concerns; absent = it does not depend on characters. */
  affects?(text: string): boolean;
  /** Whether it explains why the tokens of a text differ. */
  explains(text: string, tokenizers: Tokenizers, original: OriginalTokenizer): boolean;
}

/** A limitation for certain characters: without them, the tokens must be equal. */
function forCharacters(
  words: string,
  applies: Limitation['applies'],
  isAffected: (character: string) => boolean,
): Limitation {
  return {
    words,
    applies,
    affects: (text) => [...text].some(isAffected),
    explains: (text, { engine, original }) => {
      const rest = [...text].filter((character) => !isAffected(character)).join('');
      return rest !== text && areEqual(engine(rest), original(rest));
    },
  };
}

/** Characters of Unicode's form NFC stay as they are; marks and parts of Korean syllables may be composed. */
const isComposed = (character: string) =>
  /[\p{M}\u1100-\u11ff]/u.test(character) || character.normalize('NFC') !== character;

/** Spaces and ends of lines that one side takes for spaces and the other for control characters. */
const rareSpaces = new Set(
  [0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0x2028, 0x2029].map((code) => String.fromCodePoint(code)),
);

/** What is left of a character without its accents; more than one character is more than the engine keeps. */
const isAccented = (character: string) =>
  /[\p{Mc}\p{Me}]/u.test(character) ||
  [...character.normalize('NFD').replace(/\p{Mn}/gu, '')].length > 1 ||
  rareSpaces.has(character);

/** Patterns that tell capital letters from small ones; in the engine, those outside ASCII count as both. */
const casedPatterns = [
  ...['gpt-4o', 'llama4', 'kanana2', 'talkie', 'minimax-m2', 'tekken'],
  'granite-embed-multi-97m',
];
/** Those of them that keep combining marks with their letters in the engine too. */
const patternsWithMarks = ['granite-embed-multi-97m'];
const isCased = (character: string) => /(?![a-zA-Z])[\p{Lu}\p{Ll}\p{Lt}]/u.test(character);
const isOneOf = (names: readonly string[], name: string | undefined) =>
  name !== undefined && names.includes(name);

const limitations: readonly Limitation[] = [
  forCharacters(
    'characters that Unicode composes of several (form NFC)',
    ({ normalization }) => normalization.composes,
    isComposed,
  ),
  forCharacters(
    'letters with accents that are characters of their own, and for Korean',
    ({ kind, normalization }) => kind === 'word-piece' && normalization.stripsAccents,
    isAccented,
  ),
  forCharacters(
    'capital letters outside ASCII next to small ones',
    (_, preTokenizer) => isOneOf(casedPatterns, preTokenizer),
    isCased,
  ),
  forCharacters(
    'combining marks, which it does not keep with their letters',
    (_, preTokenizer) => isOneOf(casedPatterns, preTokenizer) && !isOneOf(patternsWithMarks, preTokenizer),
    (character) => /\p{M}/u.test(character) || isCased(character),
  ),
  forCharacters(
    'the character ▁',
    ({ kind }) => kind === 'sentence-piece',
    (character) => character === '▁',
  ),
  {
    words: 'a text that begins with a space, before which it puts another',
    applies: ({ kind, normalization }) => kind === 'sentence-piece' && normalization.keepsFirstSpace,
    explains: (text, { engine, original }) =>
      text.startsWith(' ') && areEqual(engine(text), original(` ${text}`)),
  },
  {
    words: 'the text after an added token, before which it puts a space',
    applies: ({ kind, normalization }) => kind === 'sentence-piece' && normalization.addsSpaceOnce,
    explains: (text, { engine, original }, { addedTokens }) => {
      const parts = splitAt(
        text,
        [...addedTokens.values()].map((token) => token.text),
      );
      const isRight = (part: string) =>
        areEqual(engine(part), original(part)) ||
        (part.startsWith(' ') && areEqual(engine(part), original(` ${part}`)));
      return parts.length > 1 && parts.every(isRight) && areEqual(engine(text), parts.flatMap(engine));
    },
  },
  {
    words: 'white space next to a token that takes it up',
    applies: ({ addedTokens }) => [...addedTokens.values()].some(stripsSpace),
    explains: (text, { engine, original }, { addedTokens }) => {
      const bare = withoutStripped(text, [...addedTokens.values()].filter(stripsSpace));
      return bare !== text && areEqual(engine(bare), original(text));
    },
  },
];

export function limitationsOf(
  original: OriginalTokenizer,
  preTokenizer: string | undefined,
): readonly Limitation[] {
  return limitations.filter((limitation) => limitation.applies(original, preTokenizer));
}

export function areEqual(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}

function stripsSpace({ stripsLeft, stripsRight }: AddedToken): boolean {
  return stripsLeft || stripsRight;
}

function withoutStripped(text: string, tokens: readonly AddedToken[]): string {
  return tokens.reduce((rest, token) => {
    if (!rest.includes(token.text)) return rest;
    const parts = rest.split(token.text);
    return parts
      .map((part, index) => {
        const start = token.stripsRight && index > 0 ? part.trimStart() : part;
        return token.stripsLeft && index < parts.length - 1 ? start.trimEnd() : start;
      })
      .join(token.text);
  }, text);
}

/** The parts of a text between and including the longest tokens in it. */
function splitAt(text: string, tokens: readonly string[]): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; ) {
    const found = tokens
      .filter((token) => token !== '' && text.startsWith(token, at))
      .reduce((longest, token) => (token.length > longest.length ? token : longest), '');
    if (found === '') {
      at++;
      continue;
    }
    if (at > start) parts.push(text.slice(start, at));
    parts.push(found);
    at += found.length;
    start = at;
  }
  return start < text.length ? [...parts, text.slice(start)] : parts;
}
