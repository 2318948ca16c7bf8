/**
 * The rules of a user's grammar in the form in which llama.cpp keeps them: literals are one terminal per character,
 * groups are rules of their own, and repetitions are written out.
 */
import { refuseGrammar } from './refusal.ts';

/**
 * Elements of the grammar with all repetitions written out. The engine takes 16 bytes for each, and 250,000 take a
 * tenth of a second to read.
 */
const MAX_ELEMENTS = 250_000;
/** Rules, with those that groups and repetitions make. The engine looks for left recursion by recursion over rules. */
const MAX_RULES = 20_000;
/** Rules that the grammar itself names; also the maximum of the engine. */
const MAX_NAMED_RULES = 5000;

/** Inclusive ranges of code points, in order and apart from each other. A token stands for a point of its own. */
export type Ranges = readonly (readonly [first: number, last: number])[];

/** A rule's ID if >= 0, otherwise a terminal: `-1 - index`. */
export type GrammarSymbol = number;
export type Alternative = readonly GrammarSymbol[];

/** A repetition without an upper limit. */
export interface Loop {
  readonly ruleName: string;
  readonly part: Alternative;
}

export class RuleTable {
  readonly rules: { readonly name: string; alternatives: readonly Alternative[] | undefined }[] = [];
  readonly terminals: Ranges[] = [];
  readonly loops: Loop[] = [];
  readonly #ids = new Map<string, number>();
  readonly #terminalIds = new Map<string, number>();
  #elements = 0;

  /** The ID of the rule with this name, defined or not. */
  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    if (this.#ids.size >= MAX_NAMED_RULES) {
      throw refuseGrammar(undefined, `has more than ${MAX_NAMED_RULES} rules: leave some of them out`);
    }
    const id = this.#add(name);
    this.#ids.set(name, id);
    return id;
  }

  find(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** A rule that a group or repetition in the named rule makes. */
  addHelper(ruleName: string): number {
    return this.#add(ruleName);
  }

  /** Like the engine, lets a later definition replace an earlier one. */
  define(id: number, alternatives: readonly Alternative[]): void {
    const rule = this.rules[id];
    if (rule) rule.alternatives = alternatives;
  }

  terminal(ranges: Ranges): GrammarSymbol {
    const key = ranges.join(' ');
    const known = this.#terminalIds.get(key);
    const index = known ?? this.terminals.push(ranges) - 1;
    if (known === undefined) this.#terminalIds.set(key, index);
    return -1 - index;
  }

  /** Counts elements, as the engine keeps them. @param ruleName the rule that they belong to */
  spend(ruleName: string, elements: number): void {
    this.#elements += elements;
    if (this.#elements <= MAX_ELEMENTS) return;
    const problem = `has more than ${MAX_ELEMENTS} elements with its repetitions written out: lower the counts of repetitions, or repeat smaller parts`;
    throw refuseGrammar(ruleName, problem);
  }

  /** Number of elements that the engine keeps for a symbol. */
  weightOf(symbol: GrammarSymbol): number {
    return symbol >= 0 ? 1 : 2 * (this.terminals[-1 - symbol]?.length ?? 0) || 1;
  }

  #add(name: string): number {
    if (this.rules.length >= MAX_RULES) {
      const problem = `makes more than ${MAX_RULES} rules, with those for its groups and repetitions: lower the counts of repetitions`;
      throw refuseGrammar(name, problem);
    }
    return this.rules.push({ name, alternatives: undefined }) - 1;
  }
}
