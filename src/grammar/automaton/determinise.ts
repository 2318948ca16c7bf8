/** Turns a nondeterministic automaton into a deterministic one: the subset construction. */
import { type Automaton, type Edge, type Spend, type State, TURNS } from './automaton.ts';
import type { CharacterRange, CharacterSet } from './character-set.ts';
import { union } from './character-set.ts';
import type { Nondeterministic } from './nondeterministic.ts';

interface Position {
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

/** @param spend receives the cost of every state and of finding its edges */
export function determinise(source: Nondeterministic, spend: Spend): Automaton {
  const subsets: (readonly number[])[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (subset: readonly number[]): number => {
    const key = subset.join();
    const known = indexes.get(key);
    if (known !== undefined) return known;
    spend(1);
    indexes.set(key, subsets.length);
    return subsets.push(subset) - 1;
  };
  const states: State[] = [];
  // The start is a state of its own: "^" holds only there, so no edge may lead back to it.
  const reach = (from: readonly number[], position: Position) => closure(source, from, position, spend);
  subsets.push(reach([source.start], { atStart: true, atEnd: false }));
  for (let index = 0; index < subsets.length; index++) {
    const subset = subsets[index] ?? [];
    const atEnd = reach(subset, { atStart: index === 0, atEnd: true });
    const outgoing = subset.flatMap((state) => source.states[state]?.edges ?? []);
    spend(outgoing.reduce((sum, { set }) => sum + set.length, 0));
    const edges = disjointEdges(outgoing, spend).map(({ set, targets }) => ({
      set,
      target: indexOf(reach(targets, { atStart: false, atEnd: false })),
    }));
    states.push({ accepting: atEnd.includes(source.end), edges: mergeByTarget(edges) });
  }
  return states;
}

/** The states that can be reached without reading a character, in ascending order. */
function closure(
  { states, end }: Nondeterministic,
  from: readonly number[],
  position: Position,
  spend: Spend,
): number[] {
  const reached = new Set(from);
  const waiting = [...from];
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const empty = states[state]?.empty ?? [];
    spend((1 + empty.length) / TURNS);
    for (const { target, only } of empty) {
      if (
        reached.has(target) ||
        (only === 'start' && !position.atStart) ||
        (only === 'end' && !position.atEnd)
      )
        continue;
      reached.add(target);
      waiting.push(target);
    }
  }
  // After a match without "$", anything that follows is accepted, so the other states no longer matter.
  if (!position.atEnd && reached.has(end)) return [end];
  return [...reached].sort((left, right) => left - right);
}

/** Cuts overlapping sets into disjoint pieces, each with all the targets it leads to. */
function disjointEdges(edges: readonly Edge[], spend: Spend): { set: CharacterSet; targets: number[] }[] {
  const events = edges.flatMap(({ set, target }) =>
    set.flatMap(([first, last]) => [
      { at: first, target, step: 1 },
      { at: last + 1, target, step: -1 },
    ]),
  );
  events.sort((left, right) => left.at - right.at);
  const active = new Map<number, number>();
  const pieces = new Map<string, { ranges: CharacterRange[]; targets: number[] }>();
  let from = 0;
  for (const { at, target, step } of events) {
    if (at > from && active.size > 0) {
      spend(active.size / TURNS);
      const targets = [...active.keys()].sort((left, right) => left - right);
      const key = targets.join();
      const piece = pieces.get(key) ?? { ranges: [], targets };
      piece.ranges.push([from, at - 1]);
      pieces.set(key, piece);
    }
    from = at;
    const count = (active.get(target) ?? 0) + step;
    if (count === 0) active.delete(target);
    else active.set(target, count);
  }
  return [...pieces.values()].map(({ ranges, targets }) => ({ set: union([ranges]), targets }));
}

function mergeByTarget(edges: readonly Edge[]): Edge[] {
  const sets = new Map<number, CharacterSet[]>();
  for (const { set, target } of edges) sets.set(target, [...(sets.get(target) ?? []), set]);
  return [...sets].map(([target, parts]) => ({ set: union(parts), target }));
}
