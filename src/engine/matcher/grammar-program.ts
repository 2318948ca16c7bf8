import { parseGbnf } from '../../grammar/gbnf/check/gbnf-parser.ts';
import type {
  Alternative,
  GrammarSymbol,
  GrammarWriter,
  Ranges,
} from '../../grammar/gbnf/check/grammar-writer.ts';
import { normalized } from '../../grammar/gbnf/check/ranges.ts';
import { MatcherLimit } from './matcher-limit.ts';

/** Ends an alternative in the list of symbols. */
export const END = Number.MIN_SAFE_INTEGER;
/**
 * Elements of a grammar. Repetitions are counted, not written out, so this is far above what grammars need that llama.cpp
 * can read.
 */
const MAX_ELEMENTS = 500_000;

/** What a terminal matches. */
export interface Characters {
  /** Ranges of code points, in order and apart from each other. */
  readonly ranges: Ranges;
  /** Whether it matches everything outside the ranges instead. */
  readonly isNegated: boolean;
}

/**
 * A rule: alternatives, each given by the index of its first symbol, or a part that is repeated from `least` to `most`
 * times and whose copies are counted.
 */
interface Rule {
  readonly starts?: readonly number[];
  readonly repeat?: { readonly start: number; readonly least: number; readonly most: number };
}

/** A grammar in the form that the automaton runs. */
export interface GrammarProgram {
  /** All alternatives one after another, each followed by `END`. */
  readonly symbols: readonly GrammarSymbol[];
  readonly rules: readonly Rule[];
  readonly terminals: readonly Characters[];
  /** The ID of the rule that a text begins with. */
  readonly root: number;
  /** Whether llama.cpp ignores an upper limit of a repetition, because it is above its own. */
  readonly hasGreatBounds: boolean;
}

/** An upper limit of a repetition above this one is taken for none by llama.cpp. */
const LLAMA_MAX_REPETITIONS = 2000;

/**
 * @throws OllamaError `invalid-request` for what is not GBNF
 * @throws MatcherLimit for what only llama.cpp's sampler can match
 */
export function grammarProgram(grammar: string): GrammarProgram {
  const writer = new ProgramWriter();
  parseGbnf(grammar, writer);
  return writer.program();
}

class ProgramWriter implements GrammarWriter {
  readonly #symbols: GrammarSymbol[] = [];
  readonly #rules: (Rule | undefined)[] = [];
  readonly #names: string[] = [];
  readonly #terminals: Characters[] = [];
  readonly #ids = new Map<string, number>();
  readonly #terminalIds = new Map<string, number>();
  #elements = 0;
  #hasGreatBounds = false;

  program(): GrammarProgram {
    return {
      symbols: this.#symbols,
      rules: this.#rules.map((rule) => rule ?? {}),
      terminals: this.#terminals,
      root: this.find('root') ?? 0,
      hasGreatBounds: this.#hasGreatBounds,
    };
  }

  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.addHelper(name);
    this.#ids.set(name, id);
    return id;
  }

  find(name: string): number | undefined {
    return this.#ids.get(name);
  }

  addHelper(ruleName: string): number {
    this.#rules.push(undefined);
    return this.#names.push(ruleName) - 1;
  }

  define(id: number, alternatives: readonly Alternative[]): void {
    this.#rules[id] = { starts: alternatives.map((alternative) => this.#write(alternative)) };
  }

  characters(ranges: Ranges, isNegated: boolean): GrammarSymbol {
    const set = normalized(ranges);
    const key = `${isNegated ? '^' : ''}${set.join(' ')}`;
    const known = this.#terminalIds.get(key);
    const index = known ?? this.#terminals.push({ ranges: set, isNegated }) - 1;
    if (known === undefined) this.#terminalIds.set(key, index);
    return -1 - index;
  }

  token(): GrammarSymbol {
    throw new MatcherLimit('the grammar names tokens');
  }

  repeat(ruleName: string, part: Alternative, least: number, most: number): Alternative {
    if (most !== Number.POSITIVE_INFINITY && most > LLAMA_MAX_REPETITIONS) this.#hasGreatBounds = true;
    if (least === 1 && most === 1) return part;
    if (most === 0) return [];
    this.spend(ruleName, part.length);
    const id = this.addHelper(ruleName);
    this.#rules[id] = { repeat: { start: this.#write(part), least, most } };
    return [id];
  }

  weightOf(symbol: GrammarSymbol): number {
    return symbol >= 0 ? 1 : 2 * (this.#terminals[-1 - symbol]?.ranges.length ?? 0) || 1;
  }

  spend(_ruleName: string, elements: number): void {
    this.#elements += elements;
    if (this.#elements > MAX_ELEMENTS) throw new MatcherLimit('the grammar is too large');
  }

  undefinedRule(): string | undefined {
    const id = this.#rules.indexOf(undefined);
    return id < 0 ? undefined : this.#names[id];
  }

  #write(alternative: Alternative): number {
    const start = this.#symbols.length;
    for (const symbol of alternative) this.#symbols.push(symbol);
    this.#symbols.push(END);
    return start;
  }
}
