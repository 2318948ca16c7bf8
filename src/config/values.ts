/** Parsers of single environment values. A value that cannot be read gives the default and a warning, never silence. */
import { delimiter } from 'node:path';
import { formatDuration, parseDuration } from '../base/duration.ts';

interface Parsed<T> {
  readonly value: T;
  /** Why the text was not taken, to follow the variable's name. */
  readonly warning?: string;
}

/** How a value is written in a config file, where YAML has types of its own. */
export type FileForm =
  | { readonly kind: 'boolean' | 'duration' | 'size' | 'list' | 'text' | 'level' }
  | { readonly kind: 'count'; readonly maximum: number }
  | { readonly kind: 'choice'; readonly words: readonly string[] };

export interface Parser<T> {
  (text: string, fallback: T): Parsed<T>;
  /** Absent = any text, number or boolean. */
  readonly form?: FileForm;
}

/** A parser that knows how its values are written in a config file. */
export function withForm<T>(form: FileForm, parser: Parser<T>): Parser<T> {
  return Object.assign((text: string, fallback: T) => parser(text, fallback), { form });
}

const trueWords = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Spaces around a value and the quotes that shells and unit files leave are not part of it. */
export function cleanValue(text: string | undefined): string {
  return (text ?? '').trim().replace(/^["']+|["']+$/g, '');
}

/** Go's ParseBool; any other text means true, as "yes" and "on" should. */
export const parseBoolean: Parser<boolean> = withForm({ kind: 'boolean' }, (text) => ({
  value: trueWords.has(text) || !falseWords.has(text),
}));

/** A whole number from 0 to a maximum. */
export function countUpTo(maximum: number): Parser<number> {
  return withForm({ kind: 'count', maximum }, (text, fallback) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value <= maximum) return { value };
    return {
      value: fallback,
      warning: `"${text}" is not a whole number from 0 to ${maximum}, using ${fallback}`,
    };
  });
}

export type LogLevel = 'info' | 'debug' | 'trace';

/** Powers of 1000 and, with an "i", of 1024; the B may be left out. */
const bytesPattern = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?))?b?$/i;

/** A number of bytes, alone or with a unit such as "512MB" and "1.5GiB". */
export const parseBytes: Parser<number> = withForm({ kind: 'size' }, (text, fallback) => {
  const [, number = '', letter = '', binary] = bytesPattern.exec(text) ?? [];
  const power = ' kmgt'.indexOf(letter.toLowerCase() || ' ');
  const value = Math.floor(Number(number || Number.NaN) * (binary ? 1024 : 1000) ** power);
  if (Number.isSafeInteger(value)) return { value };
  return {
    value: fallback,
    warning: `"${text}" is not a number of bytes such as "512MB" or "1GiB", using ${fallback}`,
  };
});

/** A boolean, or a number that counts the levels below "info". */
export const parseLogLevel: Parser<LogLevel> = withForm({ kind: 'level' }, (text, fallback) => {
  if (trueWords.has(text)) return { value: 'debug' };
  if (falseWords.has(text)) return { value: 'info' };
  if (/^\d+$/.test(text)) return { value: Number(text) === 0 ? 'info' : 'trace' };
  return { value: fallback, warning: `"${text}" is none of 0, 1 and 2, using 0` };
});

/** A Go duration or whole seconds, in milliseconds; negative = for ever. */
export const keepAliveSetting: Parser<number> = withForm({ kind: 'duration' }, (text, fallback) => {
  const milliseconds = readDuration(text);
  if (milliseconds === undefined) {
    return {
      value: fallback,
      warning: `"${text}" is neither a duration such as "5m" nor a number of seconds, using ${formatDuration(fallback)}`,
    };
  }
  return { value: milliseconds < 0 ? Number.POSITIVE_INFINITY : milliseconds };
});

/** As `keepAliveSetting`, where 0 means no limit as well. */
export const parseTimeout: Parser<number> = withForm({ kind: 'duration' }, (text, fallback) => {
  const { value, ...rest } = keepAliveSetting(text, fallback);
  return { value: value === 0 ? Number.POSITIVE_INFINITY : value, ...rest };
});

export const parseText: Parser<string> = withForm({ kind: 'text' }, (text) => ({ value: text }));

export const parseList = withForm<readonly string[]>({ kind: 'list' }, (text) => ({
  value: text.split(',').filter((item) => item !== ''),
}));

/** As `parseList`; spaces around the items are not part of them. */
export const parseNames = withForm<readonly string[]>({ kind: 'list' }, (text) => ({
  value: text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
}));

/** Folders, separated as PATH is, or by commas. */
export const parsePaths = withForm<readonly string[]>({ kind: 'list' }, (text) => ({
  value: text
    .split(delimiter)
    .flatMap((part) => part.split(','))
    .map((path) => path.trim())
    .filter((path) => path !== ''),
}));

/** One of some words, in any case. */
export function parseChoice<T extends string>(words: readonly T[]): Parser<T> {
  return withForm({ kind: 'choice', words }, (text, fallback) => {
    const value = words.find((word) => word === text.toLowerCase());
    if (value !== undefined) return { value };
    return { value: fallback, warning: `"${text}" is none of ${words.join(', ')}, using ${fallback}` };
  });
}

function readDuration(text: string): number | undefined {
  if (/^-?\d+$/.test(text)) return Number(text) * 1000;
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}
