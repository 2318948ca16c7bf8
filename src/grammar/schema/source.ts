import type { JsonObject } from '../../base/json-object.ts';
import { pathTo, refusal } from './refusal.ts';

/** llama.cpp expands repetitions, into one rule each. */
export const MAX_COUNT = 20_000;

/** Which upper bounds a grammar counts. Higher ones are left to the model. */
export interface Counting {
  /** The highest bound that is counted; at most `MAX_COUNT`. */
  readonly limit: number;
  /** JSON pointers of the keywords that are left to the model. */
  readonly leftOut: Set<string>;
}

/** A schema object and its location. */
export interface Source {
  readonly schema: JsonObject;
  /** JSON pointer from the root, beginning with `#`. The same schema always has the same path. */
  readonly path: string;
}

/** A schema may also be `true` (anything) or `false` (nothing). */
export interface Subschema {
  readonly schema: unknown;
  readonly path: string;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a keyword; undefined when it is absent. */
export function keyword({ schema }: Source, name: string): unknown {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}

export function has(source: Source, name: string): boolean {
  return keyword(source, name) !== undefined;
}

export function subschema(source: Source, name: string): Subschema | undefined {
  const schema = keyword(source, name);
  return schema === undefined ? undefined : { schema, path: pathTo(source.path, name) };
}

/** The schemas in an array, such as `anyOf` or `prefixItems`. */
export function subschemas(source: Source, name: string): Subschema[] {
  const list = keyword(source, name);
  if (list === undefined) return [];
  const path = pathTo(source.path, name);
  if (!Array.isArray(list)) throw refusal(path, 'must be an array of schemas');
  return list.map((schema: unknown, index) => ({ schema, path: pathTo(path, index) }));
}

/** The schemas in an object by name, such as `properties`. */
export function namedSubschemas(source: Source, name: string): Map<string, Subschema> {
  const map = keyword(source, name);
  if (map === undefined) return new Map();
  const path = pathTo(source.path, name);
  if (!isObject(map)) throw refusal(path, 'must be an object of schemas');
  return new Map(Object.entries(map).map(([key, schema]) => [key, { schema, path: pathTo(path, key) }]));
}

export function numberKeyword(source: Source, name: string): number | undefined {
  const value = keyword(source, name);
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw refusal(pathTo(source.path, name), 'must be a number');
}

/** A count or a length of at least 0. */
function countKeyword(source: Source, name: string): number | undefined {
  const value = numberKeyword(source, name);
  if (value === undefined || (Number.isInteger(value) && value >= 0)) return value;
  throw refusal(pathTo(source.path, name), 'must be a whole number of at least 0');
}

function lowerBound(source: Source, name: string): number {
  const value = countKeyword(source, name) ?? 0;
  if (value <= MAX_COUNT) return value;
  throw refusal(pathTo(source.path, name), `must be at most ${MAX_COUNT}`);
}

/** An answer hardly ever reaches a bound that is too high to be counted. */
function upperBound(source: Source, name: string, { limit, leftOut }: Counting): number {
  const value = countKeyword(source, name) ?? Number.POSITIVE_INFINITY;
  if (value <= limit || value === Number.POSITIVE_INFINITY) return value;
  leftOut.add(pathTo(source.path, name));
  return Number.POSITIVE_INFINITY;
}

export function textKeyword(source: Source, name: string): string | undefined {
  const value = keyword(source, name);
  if (value === undefined || typeof value === 'string') return value;
  throw refusal(pathTo(source.path, name), 'must be a string');
}

export function namesKeyword(source: Source, name: string): string[] {
  const value = keyword(source, name);
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw refusal(pathTo(source.path, name), 'must be an array of strings');
}

/** The strictest limits of all sources: the largest lower limit and the smallest upper limit that is counted. */
export function strictest(
  sources: readonly Source[],
  [lower, upper]: readonly [string, string],
  counting: Counting,
): { minimum: number; maximum: number } {
  return {
    minimum: Math.max(0, ...sources.map((source) => lowerBound(source, lower))),
    maximum: Math.min(...sources.map((source) => upperBound(source, upper, counting))),
  };
}
