/** Rows of the metadata tables. Names are those of config.json; the first one that is present counts. */
import type { GgufValue } from '../../gguf/types.ts';
import type { MetadataRow, PlanScope } from './family.ts';

/** An integer without a sign, if config.json has it. */
export function integerRow(key: string, ...names: string[]): MetadataRow {
  return ({ config }) => {
    const value = config.optionalInteger(names);
    return value === undefined ? undefined : [key, integer(value)];
  };
}

/** A 32-bit float, if config.json has it. */
export function numberRow(key: string, ...names: string[]): MetadataRow {
  return ({ config }) => {
    const value = config.optionalNumber(names);
    return value === undefined ? undefined : [key, float(value)];
  };
}

/** A value that is computed; undefined leaves the key out. */
export function row(key: string, value: (scope: PlanScope) => GgufValue | undefined): MetadataRow {
  return (scope) => {
    const result = value(scope);
    return result === undefined ? undefined : [key, result];
  };
}

export function integer(value: number): GgufValue {
  return { type: 'u32', value };
}

export function float(value: number): GgufValue {
  return { type: 'f32', value };
}

export function flag(value: boolean): GgufValue {
  return { type: 'bool', value };
}

export function text(value: string): GgufValue {
  return { type: 'string', value };
}

export function flags(values: readonly boolean[]): GgufValue {
  return { type: 'array', value: { elementType: 'bool', count: values.length, values } };
}

/** Integers as llama.cpp's converter writes lists of them: with a sign, in 32 bits. */
export function integers(values: readonly number[]): GgufValue {
  return { type: 'array', value: { elementType: 'i32', count: values.length, values } };
}

/** How the vectors of tokens become one, in models that embed texts. */
export const poolingRow: MetadataRow = row('pooling_type', ({ pooling }) =>
  pooling === undefined ? undefined : integer(pooling),
);
