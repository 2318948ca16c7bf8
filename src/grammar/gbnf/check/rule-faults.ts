/** Finds what makes the engine's own parser compute without end: empty loops, left recursion, too many paths. */

import type { Alternative } from './grammar-writer.ts';
import { refuseGrammar } from './refusal.ts';
import type { RuleTable } from './rule-table.ts';

/**
 * Paths from the start of a rule to a character. The engine walks all of them, without noticing that two meet, when it
 * looks for left recursion.
 */
const MAX_PATHS = 5000;
/** Rules that begin with one another; the engine follows them by recursion, and some ten thousand crash it. */
const MAX_CHAIN = 5000;

/** @throws OllamaError `invalid-request` naming the rule at fault */
export function requireFiniteRules(table: RuleTable): void {
  const maybeEmpty = emptyRules(table);
  const isEmpty = (alternative: Alternative) => alternative.every((symbol) => maybeEmpty[symbol] === true);
  const loop = table.loops.find(({ part }) => isEmpty(part));
  if (loop) {
    const problem =
      'repeats a part that may be empty, so that it could repeat nothing for ever: let the part need at least one character';
    throw refuseGrammar(loop.ruleName, problem);
  }
  requireEndingStarts(table, maybeEmpty);
}

/** One alternative, with the number of its symbols that are not known to be empty. */
interface OpenAlternative {
  readonly ruleId: number;
  open: number;
}

/** Which rules can match the empty text, by ID. */
function emptyRules(table: RuleTable): boolean[] {
  const maybeEmpty: boolean[] = table.rules.map(() => false);
  const { users, empty } = openAlternatives(table);
  for (let ruleId = empty.pop(); ruleId !== undefined; ruleId = empty.pop()) {
    if (maybeEmpty[ruleId]) continue;
    maybeEmpty[ruleId] = true;
    for (const use of users[ruleId] ?? []) if (--use.open === 0) empty.push(use.ruleId);
  }
  return maybeEmpty;
}

/** The alternatives without terminals, by the rules that they use, and the rules with an alternative without symbols. */
function openAlternatives({ rules }: RuleTable): { users: OpenAlternative[][]; empty: number[] } {
  const users: OpenAlternative[][] = rules.map(() => []);
  const empty: number[] = [];
  for (const [ruleId, { alternatives = [] }] of rules.entries()) {
    for (const alternative of alternatives) {
      if (alternative.length === 0) empty.push(ruleId);
      if (alternative.some((symbol) => symbol < 0)) continue;
      const use = { ruleId, open: alternative.length };
      for (const symbol of alternative) users[symbol]?.push(use);
    }
  }
  return { users, empty };
}

interface OpenRule {
  readonly id: number;
  /** Rules with which it may begin. */
  readonly starts: readonly number[];
  next: number;
  paths: number;
  chain: number;
}

function requireEndingStarts(table: RuleTable, maybeEmpty: readonly boolean[]): void {
  const search = new StartSearch(table, maybeEmpty);
  for (const id of table.rules.keys()) search.visit(id);
}

/** Depth first over the rules that a rule may begin with, without recursion. */
class StartSearch {
  readonly #table: RuleTable;
  readonly #maybeEmpty: readonly boolean[];
  readonly #known: ({ readonly paths: number; readonly chain: number } | undefined)[] = [];
  readonly #open: OpenRule[] = [];
  readonly #isOpen = new Set<number>();

  constructor(table: RuleTable, maybeEmpty: readonly boolean[]) {
    this.#table = table;
    this.#maybeEmpty = maybeEmpty;
  }

  visit(start: number): void {
    if (this.#known[start] === undefined) this.#enter(start);
    for (let top = this.#open.at(-1); top; top = this.#open.at(-1)) {
      const next = top.starts[top.next];
      if (next === undefined) this.#leave(top);
      else this.#follow(top, next);
    }
  }

  #enter(id: number): void {
    if (this.#isOpen.has(id)) throw leftRecursion(this.#table, id);
    this.#isOpen.add(id);
    const { alternatives = [] } = this.#table.rules[id] ?? {};
    this.#open.push({ id, ...startsOf(alternatives, this.#maybeEmpty), next: 0, chain: 1 });
  }

  #follow(top: OpenRule, next: number): void {
    const known = this.#known[next];
    if (known === undefined) {
      this.#enter(next);
      return;
    }
    top.next++;
    top.paths += known.paths;
    top.chain = Math.max(top.chain, 1 + known.chain);
    requireFew(this.#table.rules[top.id]?.name, top);
  }

  #leave({ id, paths, chain }: OpenRule): void {
    this.#known[id] = { paths, chain };
    this.#isOpen.delete(id);
    this.#open.pop();
  }
}

function startsOf(
  alternatives: readonly Alternative[],
  maybeEmpty: readonly boolean[],
): { readonly starts: readonly number[]; readonly paths: number } {
  const starts: number[] = [];
  let paths = 1;
  for (const alternative of alternatives) {
    for (const symbol of alternative) {
      if (symbol < 0) paths++;
      else starts.push(symbol);
      if (maybeEmpty[symbol] !== true) break;
    }
  }
  return { starts, paths };
}

function requireFew(name: string | undefined, { paths, chain }: OpenRule): void {
  if (paths > MAX_PATHS) {
    const problem = `begins in more than ${MAX_PATHS} ways: reduce its alternatives, or let them share their beginnings`;
    throw refuseGrammar(name, problem);
  }
  if (chain > MAX_CHAIN) {
    throw refuseGrammar(name, `begins with a chain of more than ${MAX_CHAIN} rules: shorten the chain`);
  }
}

function leftRecursion(table: RuleTable, id: number): Error {
  const problem =
    'begins with itself (left recursion): write the repetition with "*" or "+", or put the recursive part last';
  return refuseGrammar(table.rules[id]?.name, problem);
}
