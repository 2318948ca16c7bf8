import { pathTo, refusal } from './refusal.ts';
import { has, keyword, type Source } from './source.ts';

/** The kinds of JSON values. A number is either an integer or a fraction. */
const kinds = ['null', 'boolean', 'integer', 'fraction', 'string', 'array', 'object'] as const;
export type Kind = (typeof kinds)[number];
export type Kinds = ReadonlySet<Kind>;

const kindsByType: ReadonlyMap<unknown, readonly Kind[]> = new Map<unknown, readonly Kind[]>([
  ['null', ['null']],
  ['boolean', ['boolean']],
  ['integer', ['integer']],
  ['number', ['integer', 'fraction']],
  ['string', ['string']],
  ['array', ['array']],
  ['object', ['object']],
]);

const keywordsByType = {
  object: [
    ...['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'],
    ...['minProperties', 'maxProperties'],
  ],
  array: ['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['pattern', 'format', 'minLength', 'maxLength'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
};

/** The kinds that all `type` keywords allow; every kind if there is no `type`. */
export function explicitKinds(sources: readonly Source[]): Kinds {
  let allowed = new Set<Kind>(kinds);
  for (const source of sources) {
    const own = kindsOf(source);
    if (own !== undefined) allowed = new Set([...allowed].filter((kind) => own.has(kind)));
  }
  return allowed;
}

/** As `explicitKinds`, but if there is no `type`, the other keywords decide which kinds are meant. */
export function intendedKinds(sources: readonly Source[]): Kinds {
  if (sources.some((source) => has(source, 'type'))) return explicitKinds(sources);
  const types = Object.entries(keywordsByType)
    .filter(([, names]) => sources.some((source) => names.some((name) => has(source, name))))
    .map(([type]) => type);
  return new Set(types.length === 0 ? kinds : types.flatMap((type) => kindsByType.get(type) ?? []));
}

/** Whether no keyword restricts the kind, so that any value is allowed. */
export function allowsAnything(sources: readonly Source[]): boolean {
  const telling = ['type', ...Object.values(keywordsByType).flat()];
  return !sources.some((source) => telling.some((name) => has(source, name)));
}

/** The first keyword about the content of arrays or objects. */
export function structuralKeyword(source: Source): string | undefined {
  const names = [...keywordsByType.object, ...keywordsByType.array];
  return names.find((name) => has(source, name));
}

export function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction';
  if (typeof value === 'boolean' || typeof value === 'string') return typeof value as 'boolean' | 'string';
  return 'object';
}

function kindsOf(source: Source): Kinds | undefined {
  const type = keyword(source, 'type');
  if (type === undefined) return undefined;
  const path = pathTo(source.path, 'type');
  const listed: unknown[] = Array.isArray(type) ? type : [type];
  const found = listed.flatMap((name) => {
    const known = kindsByType.get(name);
    if (known === undefined) throw refusal(path, `is ${JSON.stringify(name)}, which is not a JSON type`);
    return known;
  });
  return new Set(keyword(source, 'nullable') === true ? [...found, 'null' as const] : found);
}
