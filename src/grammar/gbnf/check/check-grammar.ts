import { requireFewStacks } from './ambiguity.ts';
import { parseGbnf } from './gbnf-parser.ts';
import { requireFiniteRules } from './rule-faults.ts';
import { RuleTable } from './rule-table.ts';

/**
 * Checks a grammar that a user wrote (GBNF; llama.cpp, grammars/README.md) before the engine reads it, because the
 * engine cannot be interrupted. It bounds the size, the nesting and the written-out repetitions, refuses left recursion
 * and loops over parts that may be empty, and looks for ambiguity. What it cannot exclude is ambiguity that grows slowly,
 * or that only texts lead to which its walks do not find. Its work is bounded: at most half a second, and less than 10
 * milliseconds for usual grammars.
 * @throws OllamaError `invalid-request` naming `options.grammar`, the rule and what to do
 */
export function checkGrammar(grammar: string): void {
  const table = new RuleTable();
  parseGbnf(grammar, table);
  requireFiniteRules(table);
  requireFewStacks(table);
}
