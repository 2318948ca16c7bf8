/**
 * A grammar as an automaton. A state is the set of stacks that remain after a text, one for each way in which the text
 * can be read; equal states are the same object, and the state after a character is computed once. All requests with the
 * grammar share it. Its memory is bounded: when too much is known, what is known is forgotten and computed again.
 */
import { Alphabet, matches, matchesUnfinished, overlaps } from './characters.ts';
import { type Characters, END, type GrammarProgram } from './grammar-program.ts';
import { MatcherLimit } from './matcher-limit.ts';

/** Stacks of one state; the check of users' grammars refuses more. */
const MAX_STACKS = 1000;
/** Stacks to look at for one character: some 2 ms. Usual grammars need a few dozen. */
const MAX_CHARACTER_STEPS = 20_000;
/** States, stacks and transitions that are kept: some 20 MB. */
export const MAX_KNOWN = 150_000;
/** Counts above this one would not fit into a key beside the symbol. */
const COUNT_LIMIT = 2 ** 26;

/** What is still to be matched: a place in the grammar, and what follows after it. Equal stacks are the same object. */
interface Stack {
  readonly id: number;
  /** Index in the list of symbols, or for a repetition `-1 - rule`. */
  readonly at: number;
  /** For a repetition, the number of copies so far. */
  readonly count: number;
  readonly rest: Stack | undefined;
  /** Stacks with one more place on top, by place and count. */
  readonly above: Map<number, Stack>;
}

export interface State {
  /** Each begins with a terminal. */
  readonly stacks: readonly Stack[];
  /** Whether the text may end here. */
  readonly canEnd: boolean;
  /** By class of the next character; null = no text goes on like this. */
  readonly next: Map<number, State | null>;
  /** Tokens that are possible here, by unfinished character; see `Matcher`. */
  readonly tokens: Map<number, Int32Array | null>;
}

export class Automaton {
  readonly #program: GrammarProgram;
  readonly #alphabet: Alphabet;
  readonly #bottom: Map<number, Stack> = new Map();
  readonly #states = new Map<string, State>();
  #stackCount = 0;
  #known = 0;
  /** Number of stacks looked at so far: a measure of the work. */
  steps = 0;
  readonly start: State;

  /** @throws MatcherLimit when its start is too ambiguous */
  constructor(program: GrammarProgram) {
    this.#program = program;
    this.#alphabet = new Alphabet(program.terminals);
    const tops: (Stack | undefined)[] = [];
    this.#expand(program.root, undefined, tops);
    this.start = this.#settle(tops);
  }

  /** States, stacks and transitions that are kept. */
  get known(): number {
    return this.#known;
  }

  /** The state after one more character; null = no text goes on like this. */
  next(state: State, codePoint: number): State | null {
    const index = this.#alphabet.classOf(codePoint);
    const known = state.next.get(index);
    if (known !== undefined) return known;
    const tops: (Stack | undefined)[] = [];
    for (const stack of state.stacks) {
      this.steps++;
      if (matches(this.#terminalOf(stack), codePoint)) tops.push(this.#after(stack));
    }
    const next = tops.length === 0 ? null : this.#settle(tops);
    this.count(1);
    state.next.set(index, next);
    return next;
  }

  /** Whether an unfinished character may become one with which a text goes on. */
  acceptsUnfinished({ stacks }: State, value: number, remaining: number): boolean {
    return stacks.some((stack) => matchesUnfinished(this.#terminalOf(stack), value, remaining));
  }

  /** Whether a text goes on with some character in this range. */
  acceptsSome({ stacks }: State, low: number, high: number): boolean {
    return stacks.some((stack) => {
      const { ranges, isNegated } = this.#terminalOf(stack);
      return isNegated || overlaps(ranges, low, high);
    });
  }

  /** The same state, except that the text cannot end in it. */
  withoutEnd(state: State): State {
    return state.canEnd ? this.#intern(state.stacks, false) : state;
  }

  /** The only character that may come next; undefined when there are more or none. */
  onlyCharacter({ stacks, canEnd }: State): number | undefined {
    if (canEnd) return undefined;
    let only: number | undefined;
    for (const stack of stacks) {
      const { ranges, isNegated } = this.#terminalOf(stack);
      for (const [first, last] of ranges) {
        if (isNegated || last > first || (only ?? first) !== first) return undefined;
        only = first;
      }
      if (isNegated) return undefined;
    }
    return only;
  }

  /** Adds to what is kept; forgets all of it when that is too much. States and stacks in use stay valid. */
  count(entries: number): void {
    this.#known += entries;
    if (this.#known <= MAX_KNOWN) return;
    for (const { next, tokens } of this.#states.values()) {
      next.clear();
      tokens.clear();
    }
    this.#states.clear();
    forget(this.#bottom);
    this.#known = 0;
  }

  /** Follows rules down to terminals. @param tops undefined stands for the end of the text */
  #settle(tops: (Stack | undefined)[]): State {
    const seen = new Set<Stack | undefined>();
    const stacks: Stack[] = [];
    const last = this.steps + MAX_CHARACTER_STEPS;
    while (tops.length > 0) {
      const top = tops.pop();
      if (seen.has(top)) continue;
      seen.add(top);
      if (++this.steps > last) throw new MatcherLimit('a character needs too many steps');
      if (top === undefined) continue;
      const symbol = this.#program.symbols[top.at] ?? END;
      if (top.at < 0) this.#repeat(top, tops);
      else if (symbol < 0) stacks.push(top);
      else this.#expand(symbol, this.#push(top.at + 1, top.rest), tops);
    }
    if (stacks.length > MAX_STACKS) throw new MatcherLimit('a text can be read in too many ways');
    return this.#intern(stacks, seen.has(undefined));
  }

  #expand(rule: number, rest: Stack | undefined, tops: (Stack | undefined)[]): void {
    const { starts = [], repeat } = this.#program.rules[rule] ?? {};
    if (repeat) tops.push(this.#place(-1 - rule, 0, rest));
    else for (const start of starts) tops.push(this.#push(start, rest));
  }

  #repeat({ at, count, rest }: Stack, tops: (Stack | undefined)[]): void {
    const { repeat } = this.#program.rules[-1 - at] ?? {};
    if (!repeat) return;
    const { start, least, most } = repeat;
    if (count >= least) tops.push(rest);
    const next = most === Number.POSITIVE_INFINITY ? Math.min(count + 1, least) : count + 1;
    if (next <= most) tops.push(this.#push(start, next === most ? rest : this.#place(at, next, rest)));
  }

  #after({ at, rest }: Stack): Stack | undefined {
    return this.#push(at + 1, rest);
  }

  #push(at: number, rest: Stack | undefined): Stack | undefined {
    return this.#program.symbols[at] === END ? rest : this.#place(at, 0, rest);
  }

  #place(at: number, count: number, rest: Stack | undefined): Stack {
    if (count >= COUNT_LIMIT) throw new MatcherLimit('a repetition is too long');
    const siblings = rest?.above ?? this.#bottom;
    const key = at * COUNT_LIMIT + count;
    const known = siblings.get(key);
    if (known !== undefined) return known;
    const stack: Stack = { id: this.#stackCount++, at, count, rest, above: new Map() };
    siblings.set(key, stack);
    this.count(1);
    return stack;
  }

  #intern(stacks: readonly Stack[], canEnd: boolean): State {
    const sorted = [...stacks].sort((left, right) => left.id - right.id);
    const key = `${canEnd ? '.' : ''}${sorted.map(({ id }) => id).join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state: State = { stacks: sorted, canEnd, next: new Map(), tokens: new Map() };
    this.#states.set(key, state);
    this.count(1 + sorted.length);
    return state;
  }

  #terminalOf({ at }: Stack): Characters {
    const terminal = this.#program.terminals[-1 - (this.#program.symbols[at] ?? 0)];
    if (terminal === undefined) throw new Error('a stack must begin with a terminal');
    return terminal;
  }
}

/** Empties the maps of all stacks above these, so that those in use do not keep the others. */
function forget(bottom: Map<number, Stack>): void {
  const maps = [bottom];
  for (let map = maps.pop(); map !== undefined; map = maps.pop()) {
    for (const { above } of map.values()) maps.push(above);
    map.clear();
  }
}
