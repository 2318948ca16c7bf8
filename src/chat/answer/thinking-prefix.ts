import { charactersOf } from '../../grammar/automaton/character-set.ts';
import { characters, type Expression, empty, sequence } from '../../grammar/gbnf/expression.ts';
import type { RuleBook } from '../../grammar/gbnf/rule-book.ts';
import { until } from '../../grammar/gbnf/until.ts';

/** How a completion may think before it follows a grammar. */
export interface ThinkingMarks {
  /** The text that begins the thinking; if absent, only the prompt can begin it. */
  readonly start?: string;
  /** The text that ends the thinking. */
  readonly end: string;
  /** Whether the prompt ends inside the thinking. */
  readonly startsInside: boolean;
}

/** Characters of white space that models write between the thinking and the answer. */
const MAX_GAP = 4;

/** Matches thinking as free text, so that the grammar constrains only what follows it. */
export function thinkingPrefix(book: RuleBook, marks: ThinkingMarks | undefined): Expression {
  if (marks === undefined) return empty;
  const gap = book.repeat(characters(charactersOf(' \n')), 0, MAX_GAP);
  const thinking = until(book, marks.end);
  if (marks.startsInside) return sequence(thinking, gap);
  if (marks.start === undefined) return empty;
  return sequence(gap, book.optional(sequence(marks.start, thinking, gap)));
}
