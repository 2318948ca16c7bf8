import { anyCharacter, type CharacterSet, contains } from './character-set.ts';

export interface Edge {
  readonly set: CharacterSet;
  readonly target: number;
}

export interface State {
  readonly accepting: boolean;
  /** Disjoint sets; a character in none of them ends the match. */
  readonly edges: readonly Edge[];
}

/** A deterministic automaton over code points. State 0 is the start. */
export type Automaton = readonly State[];

/** Turns of the loops inside a construction that cost as much as one state or range. */
export const TURNS = 8;

/** Counts the states, ranges and work that building automata takes; throws when a schema exceeds its budget. */
export type Spend = (amount: number) => void;

/** Accepts every string. */
export const everything: Automaton = [{ accepting: true, edges: [{ set: anyCharacter, target: 0 }] }];

export function accepts(automaton: Automaton, text: string): boolean {
  let state = automaton[0];
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    const edge = state?.edges.find(({ set }) => contains(set, codePoint));
    if (edge === undefined) return false;
    state = automaton[edge.target];
  }
  return state?.accepting ?? false;
}

/** Accepts strings of `minimum` to `maximum` code points; `maximum` may be Infinity. */
export function lengthAutomaton(minimum: number, maximum: number, spend: Spend): Automaton {
  const last = Number.isFinite(maximum) ? maximum : minimum;
  spend(last + 1);
  return Array.from({ length: last + 1 }, (_, length) => {
    const accepting = length >= minimum;
    if (length < last) return { accepting, edges: [{ set: anyCharacter, target: length + 1 }] };
    return { accepting, edges: Number.isFinite(maximum) ? [] : [{ set: anyCharacter, target: length }] };
  });
}

/** Accepts exactly these strings. */
export function literalsAutomaton(texts: Iterable<string>, spend: Spend): Automaton {
  const states: { accepting: boolean; next: Map<number, number> }[] = [{ accepting: false, next: new Map() }];
  for (const text of texts) {
    let at = 0;
    for (const character of text) {
      const codePoint = character.codePointAt(0) ?? 0;
      const known = states[at]?.next.get(codePoint);
      if (known === undefined) {
        spend(1);
        states.push({ accepting: false, next: new Map() });
        states[at]?.next.set(codePoint, states.length - 1);
      }
      at = known ?? states.length - 1;
    }
    const last = states[at];
    if (last) last.accepting = true;
  }
  return states.map(({ accepting, next }) => ({
    accepting,
    edges: [...next].map(([codePoint, target]) => ({ set: [[codePoint, codePoint]] as const, target })),
  }));
}

/** Removes the states from which no accepting state can be reached; undefined when the automaton accepts nothing. */
export function trim(automaton: Automaton): Automaton | undefined {
  const alive = liveStates(automaton);
  if (!alive.has(0)) return undefined;
  const renamed = new Map(
    [...alive].sort((left, right) => left - right).map((state, index) => [state, index]),
  );
  return [...renamed.keys()].map((index) => {
    const state = automaton[index];
    const edges = (state?.edges ?? []).flatMap(({ set, target }) => {
      const kept = renamed.get(target);
      return kept === undefined ? [] : [{ set, target: kept }];
    });
    return { accepting: state?.accepting ?? false, edges };
  });
}

function liveStates(automaton: Automaton): Set<number> {
  const sources: number[][] = automaton.map(() => []);
  automaton.forEach(({ edges }, source) => {
    for (const { target } of edges) sources[target]?.push(source);
  });
  const waiting = automaton.flatMap(({ accepting }, index) => (accepting ? [index] : []));
  const alive = new Set(waiting);
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    for (const source of sources[state] ?? []) {
      if (alive.has(source)) continue;
      alive.add(source);
      waiting.push(source);
    }
  }
  return alive;
}
