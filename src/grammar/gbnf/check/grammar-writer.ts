/** Inclusive ranges of code points. */
export type Ranges = readonly (readonly [first: number, last: number])[];

/** A rule's ID if >= 0, otherwise a terminal: `-1 - index`. */
export type GrammarSymbol = number;
export type Alternative = readonly GrammarSymbol[];

/** What the parser of GBNF passes the parts of a grammar to. */
export interface GrammarWriter {
  /** The ID of the rule with this name, defined or not. */
  idOf(name: string): number;
  find(name: string): number | undefined;
  /** A rule that a group or repetition in the named rule makes. */
  addHelper(ruleName: string): number;
  /** Like llama.cpp, lets a later definition replace an earlier one. */
  define(id: number, alternatives: readonly Alternative[]): void;
  /** A character in one of the ranges, or in none of them; the ranges come as the grammar has them. */
  characters(ranges: Ranges, isNegated: boolean): GrammarSymbol;
  /** A token. @param id absent when the grammar names it by its text */
  token(text: string, id: number | undefined, isNegated: boolean): GrammarSymbol;
  /** @returns what stands for the part, repeated from `least` to `most` times */
  repeat(ruleName: string, part: Alternative, least: number, most: number): Alternative;
  /** Number of elements that a symbol counts for. */
  weightOf(symbol: GrammarSymbol): number;
  /** Counts elements. @throws OllamaError `invalid-request` when there are too many */
  spend(ruleName: string, elements: number): void;
  /** The name of a rule that is used but not defined. */
  undefinedRule(): string | undefined;
}
