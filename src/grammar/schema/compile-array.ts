import { choice, type Expression, sequence } from '../gbnf/expression.ts';
import type { Scope } from './compiler.ts';
import { pathTo, refusal } from './refusal.ts';
import { has, keyword, type Source, type Subschema, strictest, subschema, subschemas } from './source.ts';

/** Compiles an array that satisfies all the schemas. */
export function compileArray(sources: readonly Source[], hint: string, scope: Scope): Expression {
  const { book, json } = scope;
  const { minimum, maximum } = lengthOf(sources);
  requireNoUniqueness(sources, maximum);
  const places = Math.max(0, ...sources.map((source) => tupleOf(source).length));
  const separator = sequence(',', json.gap());
  const close = sequence(json.gap(), ']');
  const item = (index: number) => scope.compile(schemasAt(sources, index), `${hint}-item`);
  /** What follows the item at `index - 1`, up to and including the closing bracket. */
  const after = (index: number): Expression => {
    if (index >= maximum) return close;
    if (index < places) {
      const next = sequence(separator, item(index), after(index + 1));
      return index < minimum ? next : book.define(hint, choice([next, close]));
    }
    const rest = sequence(separator, item(places));
    return sequence(book.repeat(rest, Math.max(0, minimum - index), maximum - index), close);
  };
  const filled = maximum > 0 ? [sequence(item(0), after(1))] : [];
  const bare = minimum === 0 ? [sequence(']')] : [];
  return sequence('[', json.gap(), choice([...filled, ...bare]));
}

/**
 * All items of a tuple are written unless `minItems` allows fewer, and no items follow them unless `items` or `maxItems`
 * allows more. This is what authors usually mean, although JSON Schema itself allows any number.
 */
function lengthOf(sources: readonly Source[]): { minimum: number; maximum: number } {
  const { minimum, maximum } = strictest(sources, ['minItems', 'maxItems']);
  const tuples = sources.filter((source) => tupleOf(source).length > 0);
  const places = Math.max(0, ...tuples.map((source) => tupleOf(source).length));
  const tellsOfMore = sources.some((source) => restOf(source) !== undefined) || minimum > places;
  const isOpen = tellsOfMore || (Number.isFinite(maximum) && maximum > places);
  const most = tuples.length > 0 && !isOpen ? Math.min(maximum, places) : maximum;
  const least = sources.some((source) => has(source, 'minItems')) ? minimum : Math.min(places, maximum);
  return { minimum: least, maximum: most };
}

function schemasAt(sources: readonly Source[], index: number): Subschema[] {
  return sources.flatMap((source) => tupleOf(source)[index] ?? restOf(source) ?? []);
}

/** `prefixItems`, or `items` as an array as in older drafts. */
function tupleOf(source: Source): Subschema[] {
  if (has(source, 'prefixItems')) return subschemas(source, 'prefixItems');
  return Array.isArray(keyword(source, 'items')) ? subschemas(source, 'items') : [];
}

/** The schema of the items after the tuple. */
function restOf(source: Source): Subschema | undefined {
  return subschema(source, Array.isArray(keyword(source, 'items')) ? 'additionalItems' : 'items');
}

function requireNoUniqueness(sources: readonly Source[], maximum: number): void {
  if (maximum <= 1) return;
  for (const source of sources) {
    const unique = keyword(source, 'uniqueItems');
    if (unique === undefined || unique === false) continue;
    const reason = 'is not supported for more than one item';
    throw refusal(pathTo(source.path, 'uniqueItems'), `${reason}; remove it, or set maxItems to 1`);
  }
}
