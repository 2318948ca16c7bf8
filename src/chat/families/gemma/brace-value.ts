import { goNumberText } from '../shared/go-number.ts';
import { sortedEntries } from '../shared/untrusted-schema.ts';

/**
 * Writes values as in Gemma's formats: `{key:value,list:[1,true]}`, with the same mark before and after each string.
 * Published in the chat templates of google/functiongemma-270m-it and google/gemma-4-E2B-it.
 */
export interface BraceStyle {
  readonly quote: string;
  readonly quotesKeys?: boolean;
}

export function braceValue(value: unknown, style: BraceStyle): string {
  if (typeof value === 'string') return style.quote + value + style.quote;
  if (typeof value === 'number') return goNumberText(value);
  if (Array.isArray(value)) return `[${value.map((item) => braceValue(item, style)).join(',')}]`;
  if (typeof value === 'object' && value !== null) return `{${bracePairs({ ...value }, style)}}`;
  return String(value);
}

/** The text between the braces, sorted by key. */
export function bracePairs(value: Readonly<Record<string, unknown>>, style: BraceStyle): string {
  const mark = style.quotesKeys ? style.quote : '';
  return sortedEntries(value)
    .map(([key, item]) => `${mark}${key}${mark}:${braceValue(item, style)}`)
    .join(',');
}

export function braceStrings(values: readonly string[], style: BraceStyle): string {
  return `[${values.map((value) => style.quote + value + style.quote).join(',')}]`;
}
