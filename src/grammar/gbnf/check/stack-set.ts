/**
 * The engine's view of a grammar while it reads a text: the set of stacks, one for each way in which the text can be
 * read so far. Each stack holds what is still to be matched, and its top is a terminal.
 */

import type { Ranges } from './grammar-writer.ts';
import { contains } from './ranges.ts';
import { refuseGrammar } from './refusal.ts';
import type { RuleTable } from './rule-table.ts';

/** Ends an alternative in the list of symbols. */
const END = Number.MIN_SAFE_INTEGER;
/** Stacks to look at for one character: a hundred times the number that may remain. Usual grammars need a few dozen. */
const MAX_CHARACTER_STEPS = 100_000;

/** A stack; undefined = nothing is left to match. Equal stacks are the same object. */
export interface Stack {
  readonly id: number;
  /** Index in the list of symbols. */
  readonly at: number;
  readonly rest: Stack | undefined;
}

export type StackSet = ReadonlySet<Stack | undefined>;

export class StackReader {
  readonly #table: RuleTable;
  /** All alternatives one after another, each followed by `END`. */
  readonly #symbols: number[] = [];
  /** For each rule, the index of each of its alternatives. */
  readonly #starts: number[][] = [];
  readonly #stacks = new Map<number, Map<number, Stack>>();
  #count = 0;
  /** Number of stacks looked at so far. */
  steps = 0;

  constructor(table: RuleTable) {
    this.#table = table;
    for (const { alternatives = [] } of table.rules) {
      const starts: number[] = [];
      for (const alternative of alternatives) {
        starts.push(this.#symbols.length);
        for (const symbol of alternative) this.#symbols.push(symbol);
        this.#symbols.push(END);
      }
      this.#starts.push(starts);
    }
  }

  /** The stacks before the first character of a rule. */
  start(ruleId: number): StackSet {
    const found = new Set<Stack | undefined>();
    const tops = (this.#starts[ruleId] ?? []).map((at) => this.#push(at, undefined));
    this.#settle(tops, found, ruleId);
    return found;
  }

  /** The stacks after one more character. @param ruleId the rule that an error names */
  read(stacks: StackSet, point: number, ruleId: number): StackSet {
    const found = new Set<Stack | undefined>();
    const tops: (Stack | undefined)[] = [];
    for (const stack of stacks) {
      if (stack && contains(this.#rangesAt(stack.at), point)) tops.push(this.#push(stack.at + 1, stack.rest));
    }
    this.#settle(tops, found, ruleId);
    return found;
  }

  /** What the stack reads next. */
  rangesOf(stack: Stack): Ranges {
    return this.#rangesAt(stack.at);
  }

  #rangesAt(at: number): Ranges {
    return this.#table.terminals[-1 - (this.#symbols[at] ?? 0)] ?? [];
  }

  /** Replaces rules on top of the stacks by their alternatives until each stack ends in a terminal. */
  #settle(tops: (Stack | undefined)[], found: Set<Stack | undefined>, ruleId: number): void {
    const seen = new Set<Stack | undefined>();
    const mostSteps = this.steps + MAX_CHARACTER_STEPS;
    while (tops.length > 0) {
      const stack = tops.pop();
      if (seen.has(stack)) continue;
      seen.add(stack);
      if (++this.steps > mostSteps) throw this.tooAmbiguous(ruleId);
      const symbol = stack === undefined ? undefined : this.#symbols[stack.at];
      if (stack === undefined || symbol === undefined || symbol < 0) {
        found.add(stack);
        continue;
      }
      const rest = this.#push(stack.at + 1, stack.rest);
      for (const at of this.#starts[symbol] ?? []) tops.push(this.#push(at, rest));
    }
  }

  tooAmbiguous(ruleId: number): Error {
    const problem =
      'can be read in too many ways at once: remove alternatives that begin alike or match the same text, and optional parts next to equal ones';
    return refuseGrammar(this.#table.rules[ruleId]?.name, problem);
  }

  #push(at: number, rest: Stack | undefined): Stack | undefined {
    if (this.#symbols[at] === END) return rest;
    const restId = rest?.id ?? -1;
    let byRest = this.#stacks.get(at);
    if (byRest === undefined) {
      byRest = new Map();
      this.#stacks.set(at, byRest);
    }
    let stack = byRest.get(restId);
    if (stack === undefined) {
      stack = { id: this.#count++, at, rest };
      byRest.set(restId, stack);
    }
    return stack;
  }
}
