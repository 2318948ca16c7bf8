/** The values that `enum` and `const` list. */
import type { Budget } from './budget.ts';
import { pathTo, refusal } from './refusal.ts';
import { isObject, keyword, type Source } from './source.ts';

/** Values by their canonical text, which is the same exactly for equal values. */
export type Literals = ReadonlyMap<string, unknown>;

/** Values of a list whose comparison costs as much as one step of an automaton. */
const VALUES_PER_STEP = 2;

/** The values that every `enum` and `const` of the schemas lists; undefined when there is no such keyword. */
export function literalsOf(sources: readonly Source[], budget: Budget): Literals | undefined {
  let common: Map<string, unknown> | undefined;
  for (const source of sources) {
    for (const values of listedBy(source)) {
      budget.spend('steps', values.length / VALUES_PER_STEP);
      const own = new Map(values.map((value) => [canonicalText(value), value]));
      common = common === undefined ? own : new Map([...common].filter(([key]) => own.has(key)));
    }
  }
  return common;
}

function listedBy(source: Source): (readonly unknown[])[] {
  const list = keyword(source, 'enum');
  const only = keyword(source, 'const');
  if (list !== undefined && !Array.isArray(list))
    throw refusal(pathTo(source.path, 'enum'), 'must be an array');
  return [...(list === undefined ? [] : [list]), ...(only === undefined ? [] : [[only]])];
}

/** JSON with the members of objects sorted by name. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isObject(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  );
}
