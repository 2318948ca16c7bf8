import { choice, type Expression, never, sequence } from '../gbnf/expression.ts';
import type { Scope } from './compiler.ts';
import { pathTo, refusal } from './refusal.ts';
import {
  type Counting,
  has,
  keyword,
  type Source,
  type Subschema,
  strictest,
  subschema,
  subschemas,
} from './source.ts';

/** Compiles an array that satisfies all the schemas. */
export function compileArray(sources: readonly Source[], hint: string, scope: Scope): Expression {
  const { book, json } = scope;
  const tuples = sources.map((source) => ({ items: tupleOf(source), rest: restOf(source) }));
  const places = Math.max(0, ...tuples.map(({ items }) => items.length));
  const { minimum, maximum } = lengthOf(sources, places, scope.counting);
  requireNoUniqueness(sources, maximum);
  const separator = sequence(',', json.space());
  const close = sequence(json.gap(), ']');
  const item = (index: number) => {
    const schemas = tuples.flatMap(({ items, rest }) => items[index] ?? rest ?? []);
    return scope.compile(schemas, `${hint}-item`);
  };
  if (minimum > maximum) return never;
  if (maximum === 0) return sequence('[', json.gap(), ']');
  const written = Math.min(places, maximum);
  const first = item(0);
  const more = Math.max(1, written);
  const rest = maximum > more ? sequence(separator, item(Math.max(1, places))) : never;
  /** What follows the places, up to and including the closing bracket. */
  let after = sequence(book.repeat(rest, Math.max(0, minimum - more), maximum - more), close);
  // From the last place to the second; what must follow in any case is joined at once.
  const certain: Expression[] = [];
  for (let index = written - 1; index >= 1; index--) {
    certain.push(item(index), separator);
    if (index < minimum) continue;
    after = book.define(hint, choice([sequence(...certain.splice(0).reverse(), after), close]));
  }
  const filled = sequence(first, ...certain.reverse(), after);
  return sequence('[', json.gap(), choice([filled, ...(minimum === 0 ? [sequence(']')] : [])]));
}

/**
 * All items of a tuple are written unless `minItems` allows fewer, and no items follow them unless `items` or `maxItems`
 * allows more. This is what authors usually mean, although JSON Schema itself allows any number.
 */
function lengthOf(
  sources: readonly Source[],
  places: number,
  counting: Counting,
): { minimum: number; maximum: number } {
  const { minimum, maximum } = strictest(sources, ['minItems', 'maxItems'], counting);
  const tellsOfMore = sources.some((source) => restOf(source) !== undefined) || minimum > places;
  const isOpen = tellsOfMore || (Number.isFinite(maximum) && maximum > places);
  const most = places > 0 && !isOpen ? Math.min(maximum, places) : maximum;
  const least = sources.some((source) => has(source, 'minItems')) ? minimum : Math.min(places, maximum);
  return { minimum: least, maximum: most };
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
