import { type Automaton, type Edge, type Spend, type State, TURNS } from './automaton.ts';
import { type CharacterSet, complement, intersection, union } from './character-set.ts';

/** State of the second automaton once it can no longer accept the string. */
const LOST = -1;

/** Accepts the strings that both automata accept. */
export function intersectionOf(left: Automaton, right: Automaton, spend: Spend): Automaton {
  return product(left, right, spend, { keepLost: false, accept: (one, other) => one && other });
}

/** Accepts the strings that only the first automaton accepts. */
export function differenceOf(left: Automaton, right: Automaton, spend: Spend): Automaton {
  return product(left, right, spend, { keepLost: true, accept: (one, other) => one && !other });
}

interface Combination {
  /** Whether to continue with strings that the second automaton can no longer accept. */
  readonly keepLost: boolean;
  readonly accept: (left: boolean, right: boolean) => boolean;
}

function product(
  left: Automaton,
  right: Automaton,
  spend: Spend,
  { keepLost, accept }: Combination,
): Automaton {
  const pairs: (readonly [number, number])[] = [[0, 0]];
  const indexes = new Map<string, number>([['0,0', 0]]);
  const indexOf = (pair: readonly [number, number]): number => {
    const key = pair.join();
    const known = indexes.get(key);
    if (known !== undefined) return known;
    spend(1);
    indexes.set(key, pairs.length);
    return pairs.push(pair) - 1;
  };
  const states: State[] = [];
  for (let index = 0; index < pairs.length; index++) {
    const [one, other] = pairs[index] ?? [0, LOST];
    const [leftState, rightState] = [left[one], right[other]];
    const rightEdges = withLost(rightState?.edges ?? [], keepLost);
    const edges: Edge[] = [];
    for (const leftEdge of leftState?.edges ?? []) {
      for (const rightEdge of rightEdges) {
        const set = intersection(leftEdge.set, rightEdge.set);
        spend(set.length + 1 / TURNS);
        if (set.length > 0) edges.push({ set, target: indexOf([leftEdge.target, rightEdge.target]) });
      }
    }
    states.push({ accepting: accept(leftState?.accepting ?? false, rightState?.accepting ?? false), edges });
  }
  return states;
}

function withLost(edges: readonly Edge[], keepLost: boolean): readonly Edge[] {
  if (!keepLost) return edges;
  const rest: CharacterSet = complement(union(edges.map(({ set }) => set)));
  return rest.length === 0 ? edges : [...edges, { set: rest, target: LOST }];
}
