/** Estimates what a grammar costs llama.cpp: memory per element, and time per alternative that can start a rule. */
import type { Expression } from './expression.ts';

/** Number of elements after llama.cpp has expanded all repetitions. */
export function elementsOf(rules: ReadonlyMap<string, Expression>): number {
  let sum = 0;
  for (const body of rules.values()) sum += elements(body);
  return sum;
}

function elements(expression: Expression): number {
  switch (expression.kind) {
    case 'text':
      return expression.text.length;
    case 'characters':
      return 2 * expression.set.length;
    case 'rule':
      return 1;
    case 'sequence':
      return expression.parts.reduce((sum, part) => sum + elements(part), 1);
    case 'choice':
      return expression.options.reduce((sum, option) => sum + 1 + elements(option), 1);
    case 'repeat': {
      const { part, minimum, maximum } = expression;
      const copies = Number.isFinite(maximum) ? minimum + 4 * (maximum - minimum) : minimum + 4;
      return (elements(part) + 1) * copies;
    }
  }
}

/**
 * Maximum number of paths that llama.cpp follows from the start of a rule to a character. It does not notice when two
 * paths meet. Infinity for a left-recursive rule, which llama.cpp refuses.
 */
export function widestStart(rules: ReadonlyMap<string, Expression>): number {
  const known = new Map<string, Start>();
  let widest = 0;
  for (const name of rules.keys()) widest = Math.max(widest, startOfRule(name, rules, known).ways);
  return widest;
}

/** Depth of nested groups; llama.cpp's parser recurses once per group. */
export function nestingOf(expression: Expression): number {
  switch (expression.kind) {
    case 'sequence':
      return Math.max(0, ...expression.parts.map(nestingOf));
    case 'choice':
      return 1 + Math.max(0, ...expression.options.map(nestingOf));
    default:
      return 0;
  }
}

interface Start {
  readonly ways: number;
  readonly maybeEmpty: boolean;
}

function startOfRule(name: string, rules: ReadonlyMap<string, Expression>, known: Map<string, Start>): Start {
  const found = known.get(name);
  if (found !== undefined) return found;
  known.set(name, { ways: Infinity, maybeEmpty: true });
  const body = rules.get(name);
  const start =
    body === undefined
      ? { ways: 0, maybeEmpty: false }
      : startOf(body, (used) => startOfRule(used, rules, known));
  known.set(name, start);
  return start;
}

function startOf(expression: Expression, ofRule: (name: string) => Start): Start {
  switch (expression.kind) {
    case 'text':
    case 'characters':
      return { ways: 1, maybeEmpty: false };
    case 'rule':
      return ofRule(expression.name);
    case 'sequence':
      return startOfSequence(expression.parts, ofRule);
    case 'choice': {
      const starts = expression.options.map((option) => startOf(option, ofRule));
      return {
        ways: starts.reduce((sum, { ways }) => sum + ways, 0),
        maybeEmpty: starts.some(({ maybeEmpty }) => maybeEmpty),
      };
    }
    case 'repeat': {
      const { ways, maybeEmpty } = startOf(expression.part, ofRule);
      return { ways: ways + 1, maybeEmpty: maybeEmpty || expression.minimum === 0 };
    }
  }
}

function startOfSequence(parts: readonly Expression[], ofRule: (name: string) => Start): Start {
  let ways = 0;
  for (const part of parts) {
    const start = startOf(part, ofRule);
    ways += start.ways;
    if (!start.maybeEmpty) return { ways, maybeEmpty: false };
  }
  return { ways, maybeEmpty: true };
}
