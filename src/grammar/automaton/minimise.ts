/** Merges states that accept the same strings: Moore's partition refinement. */
import { type Automaton, type Edge, type Spend, TURNS } from './automaton.ts';
import { type CharacterSet, union } from './character-set.ts';

/** With more states, the rounds of refinement would cost more time than a smaller grammar saves. */
const MAX_MINIMISED_STATES = 250;

export function minimise(automaton: Automaton, spend: Spend): Automaton {
  if (automaton.length > MAX_MINIMISED_STATES) return automaton;
  const setKeys = new Map<CharacterSet, string>();
  for (const { set } of automaton.flatMap(({ edges }) => edges)) setKeys.set(set, set.join(';'));
  let classes = automaton.map(({ accepting }) => Number(accepting));
  for (let count = 0; ; ) {
    spend(automaton.length + setKeys.size / TURNS);
    const refined = refine(automaton, classes, setKeys);
    const newCount = new Set(refined).size;
    if (newCount === count) return merge(automaton, refined);
    count = newCount;
    classes = refined;
  }
}

/** Numbers the classes by first appearance, so that the class of the start state stays 0. */
function refine(
  automaton: Automaton,
  classes: readonly number[],
  setKeys: ReadonlyMap<CharacterSet, string>,
): number[] {
  const known = new Map<string, number>();
  return automaton.map(({ edges }, index) => {
    const key = mergedEdges(edges, classes)
      .map(({ set, target }) => `${target}:${setKeys.get(set) ?? set.join(';')}`)
      .sort()
      .join(' ');
    const whole = `${classes[index]} ${key}`;
    const found = known.get(whole) ?? known.size;
    known.set(whole, found);
    return found;
  });
}

function mergedEdges(edges: readonly Edge[], classes: readonly number[]): Edge[] {
  const sets = new Map<number, CharacterSet[]>();
  for (const { set, target } of edges) {
    const found = classes[target] ?? 0;
    const known = sets.get(found);
    if (known === undefined) sets.set(found, [set]);
    else known.push(set);
  }
  return [...sets].map(([target, parts]) => ({
    set: parts.length === 1 && parts[0] ? parts[0] : union(parts),
    target,
  }));
}

function merge(automaton: Automaton, classes: readonly number[]): Automaton {
  const count = new Set(classes).size;
  return Array.from({ length: count }, (_, found) => {
    const state = automaton[classes.indexOf(found)];
    return { accepting: state?.accepting ?? false, edges: mergedEdges(state?.edges ?? [], classes) };
  });
}
