import { charactersOf } from '../../grammar/automaton/character-set.ts';
import { characters, type Expression, empty, sequence } from '../../grammar/gbnf/expression.ts';
import type { RuleBook } from '../../grammar/gbnf/rule-book.ts';
import { until } from '../../grammar/gbnf/until.ts';

/** How a completion that has to follow a grammar may think before it does. */
export interface ThinkingMarks {
  /** What begins it; absent = only the prompt can. */
  readonly start?: string;
  readonly end: string;
  /** The prompt has begun it. */
  readonly startsInside: boolean;
}

/** Blank lines that models write between thinking and answer. */
const MAX_GAP = 4;

/** Thinking as free text, so that a grammar holds for what follows it. */
export function thinkingPrefix(book: RuleBook, marks: ThinkingMarks | undefined): Expression {
  if (marks === undefined) return empty;
  const gap = book.repeat(characters(charactersOf(' \n')), 0, MAX_GAP);
  const thinking = until(book, marks.end);
  if (marks.startsInside) return sequence(thinking, gap);
  if (marks.start === undefined) return empty;
  return sequence(gap, book.optional(sequence(marks.start, thinking, gap)));
}
