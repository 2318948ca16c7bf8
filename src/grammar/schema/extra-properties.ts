/** The undeclared properties of an object: which names they may have, and which values. */
import { type Automaton, everything, literalsAutomaton, trim } from '../automaton/automaton.ts';
import { differenceOf, intersectionOf } from '../automaton/product.ts';
import { exactStringAutomaton } from './compile-string.ts';
import type { Scope } from './compiler.ts';
import { admitsOthers, patternEntries } from './object-properties.ts';
import { pathTo, refusal } from './refusal.ts';
import { explicitKinds } from './schema-types.ts';
import { type Source, type Subschema, subschema } from './source.ts';

export interface ExtraProperties {
  /** Accepts the names of these properties. */
  readonly names: Automaton;
  readonly schemas: readonly Subschema[];
}

interface NameClass {
  readonly names: Automaton;
  /** Paths of the patterns that match these names; no other pattern matches them. */
  readonly matching: ReadonlySet<string>;
}

/** Each pattern may split every class of names in two. */
const MAX_PATTERNS = 6;

/** Returns one entry for each set of names that has schemas of its own. */
export function extraProperties(
  sources: readonly Source[],
  declared: readonly string[],
  scope: Scope,
): ExtraProperties[] {
  const spend = (steps: number) => scope.budget.spend('steps', steps);
  const isOpen = admitsOthers(sources);
  if (!isOpen && sources.every((source) => patternEntries(source).length === 0)) return [];
  const allowed = allowedNames(sources, scope);
  const all =
    declared.length === 0 ? allowed : differenceOf(allowed, literalsAutomaton(declared, spend), spend);
  return nameClasses(all, sources, scope).flatMap(({ names, matching }) => {
    const schemas = schemasFor(sources, matching);
    const isWanted = matching.size > 0 || isOpen;
    const trimmed = trim(names);
    return isWanted && schemas && trimmed ? [{ names: trimmed, schemas }] : [];
  });
}

/** The names that every `propertyNames` of the schemas allows. */
export function allowedNames(sources: readonly Source[], scope: Scope): Automaton {
  const spend = (steps: number) => scope.budget.spend('steps', steps);
  let allowed = everything;
  for (const source of sources) {
    const schema = subschema(source, 'propertyNames');
    if (schema === undefined) continue;
    allowed = intersectionOf(allowed, namesAutomaton(schema, scope), spend);
  }
  return allowed;
}

/** The strings that one `propertyNames` allows. */
function namesAutomaton(schema: Subschema, scope: Scope): Automaton {
  const alternatives = scope.alternatives.of([schema]);
  const [only] = alternatives;
  if (only === undefined) return [{ accepting: false, edges: [] }];
  if (alternatives.length > 1)
    throw refusal(
      schema.path,
      'contains anyOf or oneOf, which is not supported here; use a pattern or an enum',
    );
  if (!explicitKinds(only).has('string')) return [{ accepting: false, edges: [] }];
  const listed = scope.literals(only, new Set(['string']));
  if (listed === undefined) return exactStringAutomaton(only, scope);
  const texts = listed.filter((value) => typeof value === 'string');
  return literalsAutomaton(texts, (steps) => scope.budget.spend('steps', steps));
}

function nameClasses(all: Automaton, sources: readonly Source[], scope: Scope): NameClass[] {
  const spend = (steps: number) => scope.budget.spend('steps', steps);
  const entries = sources.flatMap(patternEntries);
  if (entries.length > MAX_PATTERNS)
    throw refusal(
      pathTo(entries[0]?.path ?? '#'),
      `belongs to a set of more than ${MAX_PATTERNS} name patterns; use at most ${MAX_PATTERNS}`,
    );
  let classes: NameClass[] = [{ names: all, matching: new Set() }];
  for (const { pattern, path } of entries) {
    const automaton = scope.patterns.automaton(pattern, path);
    classes = classes.flatMap(({ names, matching }) => [
      { names: intersectionOf(names, automaton, spend), matching: new Set([...matching, path]) },
      { names: differenceOf(names, automaton, spend), matching },
    ]);
    classes = classes.filter(({ names }) => trim(names) !== undefined);
  }
  return classes;
}

/** The schemas of a class of names; undefined when these names are forbidden. */
function schemasFor(sources: readonly Source[], matching: ReadonlySet<string>): Subschema[] | undefined {
  const demanded: Subschema[] = [];
  for (const source of sources) {
    const found: Subschema[] = patternEntries(source).filter(({ path }) => matching.has(path));
    const others = found.length === 0 ? subschema(source, 'additionalProperties') : undefined;
    demanded.push(...found, ...(others ? [others] : []));
  }
  return demanded.some(({ schema }) => schema === false) ? undefined : demanded;
}
