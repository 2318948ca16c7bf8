import {
  anyCharacter,
  type CharacterSet,
  charactersOf,
  complement,
  intersection,
} from '../automaton/character-set.ts';
import { characters, choice, type Expression, rule, sequence } from './expression.ts';
import type { RuleBook } from './rule-book.ts';

/**
 * Matches any text up to and including the first occurrence of the tag. It takes one rule per character of the tag (the
 * automaton of Knuth, Morris and Pratt).
 */
export function until(book: RuleBook, tag: string): Expression {
  const letters = Array.from(tag);
  const names = letters.map(() => book.reserve('until'));
  const alphabet = [...new Set(letters)];
  const others = rule(names[0] ?? '');
  for (const [matched, name] of names.entries()) {
    const steps = alphabet.map((letter) => {
      const next = overlap(letters, [...letters.slice(0, matched), letter]);
      const isWhole = next === letters.length;
      return { next, option: isWhole ? sequence(letter) : sequence(letter, rule(names[next] ?? '')) };
    });
    const forward = steps.filter(({ next }) => next > 0).map(({ option }) => option);
    const back = outside(alphabet.filter((_, index) => steps[index]?.next !== 0));
    book.complete(name, choice([...forward, sequence(characters(back), others)]));
  }
  return others;
}

/** Length of the longest prefix of the tag that the text ends with, in characters. */
function overlap(tag: readonly string[], text: readonly string[]): number {
  for (let length = Math.min(tag.length, text.length); length > 0; length--) {
    const tail = text.slice(text.length - length);
    if (tail.every((letter, index) => letter === tag[index])) return length;
  }
  return 0;
}

function outside(letters: readonly string[]): CharacterSet {
  return intersection(complement(charactersOf(letters.join(''))), anyCharacter);
}
