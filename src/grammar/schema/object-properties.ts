import { accepts } from '../automaton/automaton.ts';
import type { Patterns } from './patterns.ts';
import { pathTo } from './refusal.ts';
import { has, isObject, keyword, namedSubschemas, type Source, type Subschema, subschema } from './source.ts';

/** Means that no object with this property satisfies the schemas. */
export const forbidden = Symbol('forbidden');

/** All schemas that the value of the property with this name must satisfy. */
export function propertySchemas(
  sources: readonly Source[],
  name: string,
  patterns: Patterns,
): Subschema[] | typeof forbidden {
  const demanded: Subschema[] = [];
  for (const source of sources) {
    const own = ownProperty(source, name);
    const matching = patternEntries(source).filter(({ pattern, path }) =>
      accepts(patterns.automaton(pattern, path), name),
    );
    const found = [...(own ? [own] : []), ...matching];
    const others = found.length === 0 ? subschema(source, 'additionalProperties') : undefined;
    if (others?.schema === false) return forbidden;
    demanded.push(...found, ...(others ? [others] : []));
  }
  return demanded.some(({ schema }) => schema === false) ? forbidden : demanded;
}

/** `declaredNames` checks that `properties` is an object. */
function ownProperty(source: Source, name: string): Subschema | undefined {
  const properties = keyword(source, 'properties');
  if (!isObject(properties) || !Object.hasOwn(properties, name)) return undefined;
  return { schema: properties[name], path: pathTo(source.path, 'properties', name) };
}

interface PatternEntry extends Subschema {
  readonly pattern: string;
}

export function patternEntries(source: Source): PatternEntry[] {
  return [...namedSubschemas(source, 'patternProperties')].map(([pattern, entry]) => ({ ...entry, pattern }));
}

/** The names of all declared and required properties, in the order of the schemas. */
export function declaredNames(sources: readonly Source[], required: ReadonlySet<string>): string[] {
  const declared = sources.flatMap((source) => [...namedSubschemas(source, 'properties').keys()]);
  return [...new Set([...declared, ...required])];
}

/**
 * Whether undeclared properties may be written. Without `additionalProperties`, JSON Schema allows them. But authors who
 * list properties do not usually expect others, so these are allowed only if no properties are listed.
 */
export function admitsOthers(sources: readonly Source[]): boolean {
  if (sources.some((source) => has(source, 'additionalProperties'))) return true;
  return !sources.some((source) => has(source, 'properties') || has(source, 'patternProperties'));
}
