/** Decides whether two schemas exclude each other. Schemas count as overlapping unless the opposite is certain. */
import type { Alternative, Alternatives } from './alternatives.ts';
import type { Budget } from './budget.ts';
import { literalsOf } from './literals.ts';
import { admitsOthers, declaredNames, forbidden, propertySchemas } from './object-properties.ts';
import type { Patterns } from './patterns.ts';
import { explicitKinds, kindOf } from './schema-types.ts';
import { has, namedSubschemas, namesKeyword, type Source } from './source.ts';

interface Context {
  readonly alternatives: Alternatives;
  readonly budget: Budget;
  readonly patterns: Patterns;
  /** Whether objects are compiled from these schemas alone, so that properties they do not declare are never written. */
  readonly isComplete: boolean;
}

/** Number of property levels to search for a difference. */
const MAX_DEPTH = 3;

/**
 * Returns branches that exclude each other: the given ones, or the same with a required property that tells them apart.
 * Requiring such a property is stricter than the schema, but every value that it allows is valid.
 * @param base schemas that hold for all branches
 * @returns undefined when no property is certain to tell the branches apart
 */
export function distinguish(
  branches: readonly (readonly Alternative[])[],
  base: Alternative,
  context: Context,
): (readonly Alternative[])[] | undefined {
  const withBase = (extra: readonly Source[]) =>
    branches.map((branch) => branch.map((alternative) => [...base, ...alternative, ...extra]));
  if (areAllDisjoint(withBase([]), context)) return [...branches];
  const names = new Set(
    branches.flat(2).flatMap((source) => [...namedSubschemas(source, 'properties').keys()]),
  );
  for (const name of names) {
    const required: Source = { schema: { required: [name] }, path: `require ${name}` };
    if (areAllDisjoint(withBase([required]), context))
      return branches.map((branch) => branch.map((alternative) => [...alternative, required]));
  }
  return undefined;
}

function areAllDisjoint(branches: readonly (readonly Alternative[])[], context: Context): boolean {
  return branches.every((branch, index) =>
    branches.slice(index + 1).every((other) => areDisjoint(branch, other, context, 0)),
  );
}

function areDisjoint(
  left: readonly Alternative[],
  right: readonly Alternative[],
  context: Context,
  depth: number,
): boolean {
  return left.every((one) => right.every((other) => isDisjointPair(one, other, context, depth)));
}

function isDisjointPair(left: Alternative, right: Alternative, context: Context, depth: number): boolean {
  context.budget.spend('combinations', 1);
  const other = explicitKinds(right);
  const common = [...explicitKinds(left)].filter((kind) => other.has(kind));
  if (common.length === 0 || literalsDiffer(left, right, context) || literalsDiffer(right, left, context))
    return true;
  return common.every((kind) => kind === 'object') && objectsDiffer(left, right, context, depth);
}

/** Whether `left` lists its values and `right` allows none of them. */
function literalsDiffer(left: Alternative, right: Alternative, { budget }: Context): boolean {
  const listed = literalsOf(left, budget);
  if (listed === undefined) return false;
  budget.spend('steps', listed.size);
  const others = literalsOf(right, budget);
  const kinds = explicitKinds(right);
  return [...listed].every(([key, value]) => !kinds.has(kindOf(value)) || (others && !others.has(key)));
}

function objectsDiffer(left: Alternative, right: Alternative, context: Context, depth: number): boolean {
  const [required, otherRequired] = [requiredNames(left), requiredNames(right)];
  const differs = (name: string) => {
    const schemas = propertySchemas(left, name, context.patterns);
    const others = propertySchemas(right, name, context.patterns);
    if (schemas === forbidden || others === forbidden) return true;
    if (!required.has(name) || !otherRequired.has(name) || depth >= MAX_DEPTH) return false;
    const { alternatives } = context;
    return areDisjoint(alternatives.atMost(schemas), alternatives.atMost(others), context, depth + 1);
  };
  const names = [...new Set([...required, ...otherRequired])];
  context.budget.spend('steps', names.length * (left.length + right.length));
  const lacks = (sources: Alternative, wanted: ReadonlySet<string>) =>
    [...wanted].some((name) => isNeverWritten(sources, name));
  if (context.isComplete && lacks(left, otherRequired) && lacks(right, required)) return true;
  return names.some(differs);
}

/** Properties that no schema declares are never written, although JSON Schema allows them. */
function isNeverWritten(sources: Alternative, name: string): boolean {
  if (admitsOthers(sources) || sources.some((source) => has(source, 'patternProperties'))) return false;
  return !declaredNames(sources, requiredNames(sources)).includes(name);
}

function requiredNames(sources: Alternative): Set<string> {
  return new Set(sources.flatMap((source) => namesKeyword(source, 'required')));
}
