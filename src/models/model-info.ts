import type { GgufArray, GgufFile, GgufScalar, GgufValue } from '../gguf/types.ts';

/** Longer arrays, such as vocabularies, are shown only on request. */
const MAX_SHORT_ARRAY = 5;

/** Keys that are shown elsewhere or not at all. */
const hiddenKeys = new Set(['general.name', 'tokenizer.chat_template']);

/** The metadata of a GGUF file as JSON values, sorted by key. Integers beyond 2^53 lose precision. */
export function modelInfo(file: GgufFile, parameterCount: number, verbose: boolean): Record<string, unknown> {
  const entries = [...file.metadata]
    .filter(([key]) => !hiddenKeys.has(key))
    .map(([key, value]): [string, unknown] => [key, jsonOf(value, verbose)]);
  const info: [string, unknown][] = [['general.parameter_count', parameterCount], ...entries];
  return Object.fromEntries(info.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function jsonOf(value: GgufValue, verbose: boolean): unknown {
  if (value.type === 'array') return arrayOf(value.value, verbose);
  return scalarOf(value.value);
}

function arrayOf({ count, values }: GgufArray, verbose: boolean): unknown[] {
  if (!values || (count > MAX_SHORT_ARRAY && !verbose)) return [];
  return values.map(scalarOf);
}

function scalarOf(value: GgufScalar): string | number | boolean {
  return typeof value === 'bigint' ? Number(value) : value;
}
