import { accepts } from './automaton/automaton.ts';
import type { Patterns } from './patterns.ts';
import { namedSubschemas, type Source, type Subschema, subschema } from './source.ts';

/** No object with this property satisfies the schemas. */
export const forbidden = Symbol('forbidden');

/** Everything that is demanded of the value of the property with this name. */
export function propertySchemas(
  sources: readonly Source[],
  name: string,
  patterns: Patterns,
): Subschema[] | typeof forbidden {
  const demanded: Subschema[] = [];
  for (const source of sources) {
    const own = namedSubschemas(source, 'properties').get(name);
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

interface PatternEntry extends Subschema {
  readonly pattern: string;
}

export function patternEntries(source: Source): PatternEntry[] {
  return [...namedSubschemas(source, 'patternProperties')].map(([pattern, entry]) => ({ ...entry, pattern }));
}

/** The names of all declared and required properties, in the order in which the schemas mention them. */
export function declaredNames(sources: readonly Source[], required: ReadonlySet<string>): string[] {
  const declared = sources.flatMap((source) => [...namedSubschemas(source, 'properties').keys()]);
  return [...new Set([...declared, ...required])];
}
