/** Turns a pattern into a nondeterministic automaton with empty edges: Thompson's construction. */
import type { Spend } from './automaton.ts';
import { anyCharacter, type CharacterSet } from './character-set.ts';
import type { Pattern } from './pattern-syntax.ts';

interface EmptyEdge {
  readonly target: number;
  /** The edge can be taken only at this end of the string. */
  readonly only?: 'start' | 'end';
}

interface NondeterministicState {
  readonly edges: { readonly set: CharacterSet; readonly target: number }[];
  readonly empty: EmptyEdge[];
}

export interface Nondeterministic {
  readonly states: readonly NondeterministicState[];
  readonly start: number;
  readonly end: number;
}

/** Accepts the strings that contain a match of the pattern; `^` and `$` tie the match to the ends of the string. */
export function searchAutomaton(pattern: Pattern, spend: Spend): Nondeterministic {
  const builder = new Builder(spend);
  const start = builder.state();
  const end = builder.state();
  builder.character(start, anyCharacter, start);
  builder.character(end, anyCharacter, end);
  builder.add(pattern, start, end);
  return { states: builder.states, start, end };
}

class Builder {
  readonly states: NondeterministicState[] = [];
  readonly #spend: Spend;

  constructor(spend: Spend) {
    this.#spend = spend;
  }

  state(): number {
    this.#spend(1);
    return this.states.push({ edges: [], empty: [] }) - 1;
  }

  character(from: number, set: CharacterSet, to: number): void {
    this.#spend(set.length);
    this.states[from]?.edges.push({ set, target: to });
  }

  /** Adds edges so that every match of the pattern leads from `from` to `to`. */
  add(pattern: Pattern, from: number, to: number): void {
    switch (pattern.kind) {
      case 'characters':
        this.character(from, pattern.set, to);
        break;
      case 'start':
      case 'end':
        this.#empty(from, to, pattern.kind);
        break;
      case 'choice':
        for (const option of pattern.options) this.add(option, from, to);
        break;
      case 'sequence':
        this.#sequence(pattern.parts, from, to);
        break;
      case 'repeat':
        this.#repeat(pattern, from, to);
    }
  }

  #empty(from: number, to: number, only?: 'start' | 'end'): void {
    this.states[from]?.empty.push({ target: to, ...(only !== undefined && { only }) });
  }

  #sequence(parts: readonly Pattern[], from: number, to: number): void {
    let at = from;
    for (const part of parts) {
      const next = this.state();
      this.add(part, at, next);
      at = next;
    }
    this.#empty(at, to);
  }

  #repeat({ part, minimum, maximum }: Pattern & { kind: 'repeat' }, from: number, to: number): void {
    let at = from;
    for (let count = 0; count < minimum; count++) at = this.#step(part, at);
    if (!Number.isFinite(maximum)) {
      const loop = this.state();
      this.#empty(at, loop);
      this.#empty(this.#step(part, loop), loop);
      this.#empty(loop, to);
      return;
    }
    for (let count = minimum; count < maximum; count++) {
      this.#empty(at, to);
      at = this.#step(part, at);
    }
    this.#empty(at, to);
  }

  #step(part: Pattern, from: number): number {
    const next = this.state();
    this.add(part, from, next);
    return next;
  }
}
