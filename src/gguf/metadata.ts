import type { GgufScalar, GgufValue } from './types.ts';

export type Metadata = ReadonlyMap<string, GgufValue>;

/** The number under a key, whatever its numeric type; undefined when it is not a number or too large to be exact. */
export function metadataNumber(metadata: Metadata, key: string): number | undefined {
  const entry = metadata.get(key);
  return entry && entry.type !== 'array' ? numberOf(entry.value) : undefined;
}

/** The numbers of an array, or a single number as a list of one; otherwise empty. */
export function metadataNumbers(metadata: Metadata, key: string): number[] {
  const entry = metadata.get(key);
  if (entry?.type !== 'array') return [metadataNumber(metadata, key)].filter((value) => value !== undefined);
  return (entry.value.values ?? []).map(numberOf).filter((value) => value !== undefined);
}

export function metadataText(metadata: Metadata, key: string): string | undefined {
  const entry = metadata.get(key);
  return entry?.type === 'string' ? entry.value : undefined;
}

export function metadataFlag(metadata: Metadata, key: string): boolean | undefined {
  const entry = metadata.get(key);
  return entry?.type === 'bool' ? entry.value : undefined;
}

function numberOf(value: GgufScalar): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'bigint') return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}
