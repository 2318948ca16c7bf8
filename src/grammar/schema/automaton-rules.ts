/** Turns automata into grammar rules, one per state. */
import type { Automaton, Edge } from '../automaton/automaton.ts';
import { type CharacterSet, complement, intersection } from '../automaton/character-set.ts';
import { characters, choice, type Expression, rule, sequence } from '../gbnf/expression.ts';
import type { RuleBook } from '../gbnf/rule-book.ts';
import { type JsonRules, plainCharacters } from './json-rules.ts';

/** The short escapes of JSON strings. Other control characters are never written. */
const escapes: ReadonlyMap<number, string> = new Map([
  [0x22, '"'],
  [0x5c, '\\'],
  [0x08, 'b'],
  [0x0c, 'f'],
  [0x0a, 'n'],
  [0x0d, 'r'],
  [0x09, 't'],
]);

interface Output {
  readonly hint: string;
  /** The expression that matches one character of the set. */
  readonly print: (set: CharacterSet) => Expression;
  /** The expression that follows the last character. */
  readonly end: Expression;
}

/** A JSON string without its opening quote. @param automaton must be trimmed */
export function stringRule(
  automaton: Automaton,
  { hint, book, json }: { hint: string; book: RuleBook; json: JsonRules },
): Expression {
  const print = (set: CharacterSet) => (complement(set).length === 0 ? json.character() : printEscaped(set));
  return automatonRule(automaton, book, { hint, print, end: sequence('"') });
}

/** The texts that the automaton accepts, unescaped. @param automaton must be trimmed */
export function textRule(automaton: Automaton, { hint, book }: { hint: string; book: RuleBook }): Expression {
  return automatonRule(automaton, book, { hint, print: characters, end: sequence() });
}

function automatonRule(automaton: Automaton, book: RuleBook, { hint, print, end }: Output): Expression {
  const isLast = (index: number) => automaton[index]?.accepting && automaton[index]?.edges.length === 0;
  const names = automaton.map((_, index) => (isLast(index) ? '' : book.reserve(hint)));
  const go = ({ set, target }: Edge) =>
    sequence(print(set), isLast(target) ? end : rule(names[target] ?? ''));
  automaton.forEach(({ accepting, edges }, index) => {
    if (isLast(index)) return;
    book.complete(names[index] ?? '', choice([...edges.map(go), ...(accepting ? [end] : [])]));
  });
  return isLast(0) ? end : rule(names[0] ?? '');
}

function printEscaped(set: CharacterSet): Expression {
  const letters = [...escapes].filter(
    ([codePoint]) => intersection(set, [[codePoint, codePoint]]).length > 0,
  );
  const escaped = letters.map(([, letter]) => sequence('\\', letter));
  return choice([characters(intersection(set, plainCharacters)), ...escaped]);
}
