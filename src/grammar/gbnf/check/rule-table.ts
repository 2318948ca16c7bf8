/**
 * The rules of a user's grammar in the form in which llama.cpp keeps them: literals are one terminal per character,
 * groups are rules of their own, and repetitions are written out.
 */
import { MAX_REPETITIONS } from './gbnf-parser.ts';
import type { Alternative, GrammarSymbol, GrammarWriter, Ranges } from './grammar-writer.ts';
import { FIRST_TOKEN, LAST_CODE_POINT, LAST_TOKEN, normalized, without } from './ranges.ts';
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

/** A repetition without an upper limit. */
export interface Loop {
  readonly ruleName: string;
  readonly part: Alternative;
}

export class RuleTable implements GrammarWriter {
  readonly rules: { readonly name: string; alternatives: readonly Alternative[] | undefined }[] = [];
  /** Ranges in order and apart from each other. A token stands for a point of its own. */
  readonly terminals: Ranges[] = [];
  readonly loops: Loop[] = [];
  readonly #ids = new Map<string, number>();
  readonly #terminalIds = new Map<string, number>();
  readonly #tokens = new Map<string, number>();
  #elements = 0;

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

  addHelper(ruleName: string): number {
    return this.#add(ruleName);
  }

  define(id: number, alternatives: readonly Alternative[]): void {
    const rule = this.rules[id];
    if (rule) rule.alternatives = alternatives;
  }

  characters(ranges: Ranges, isNegated: boolean): GrammarSymbol {
    const set = normalized(ranges);
    return this.#terminal(isNegated ? without(set, 0, LAST_CODE_POINT) : set);
  }

  token(text: string, id: number | undefined, isNegated: boolean): GrammarSymbol {
    // A token that is named by its text gets any point of its own; only the vocabulary knows its number.
    const known = this.#tokens.get(text) ?? id ?? this.#tokens.size;
    this.#tokens.set(text, known);
    const point = Math.min(FIRST_TOKEN + known, LAST_TOKEN);
    return this.#terminal(isNegated ? without([[point, point]], FIRST_TOKEN, LAST_TOKEN) : [[point, point]]);
  }

  /**
   * Writes a repetition out as llama.cpp does: copies, then a rule for each optional copy, or one rule that loops. It takes
   * a great upper limit for none.
   */
  repeat(ruleName: string, part: Alternative, least: number, most: number): Alternative {
    const weight = part.reduce((sum, symbol) => sum + this.weightOf(symbol), 0);
    const isLoop = most > MAX_REPETITIONS;
    const optional = isLoop ? 1 : most - least;
    this.spend(ruleName, (weight + 3) * optional + weight * Math.max(0, least - 1));
    const symbols = Array.from({ length: least }, () => part).flat();
    if (isLoop) this.loops.push({ ruleName, part });
    let rest: number | undefined;
    for (let copy = 0; copy < optional; copy++) {
      const id = this.addHelper(ruleName);
      const next = isLoop ? id : rest;
      this.define(id, [next === undefined ? part : [...part, next], []]);
      rest = id;
    }
    return rest === undefined ? symbols : [...symbols, rest];
  }

  undefinedRule(): string | undefined {
    return this.rules.find(({ alternatives }) => alternatives === undefined)?.name;
  }

  #terminal(ranges: Ranges): GrammarSymbol {
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
