/** Parsers of environment values. A value that cannot be parsed yields the fallback and a warning. */
import { parseDuration } from '../base/duration.ts';
import { systemPath } from '../platform/system-path.ts';

interface Parsed<T> {
  readonly value: T;
  /** Why the text was rejected; printed after the variable's name. */
  readonly warning?: string;
}

/** How a value is written in a config file, which has YAML's types. */
export type FileForm =
  | { readonly kind: 'boolean' | 'duration' | 'size' | 'list' | 'text' | 'level' }
  | { readonly kind: 'count'; readonly maximum: number }
  | { readonly kind: 'choice'; readonly words: readonly string[] };

export interface Parser<T> {
  (text: string, fallback: T): Parsed<T>;
  /** Absent = any string, number or boolean. */
  readonly form?: FileForm;
}

/** Adds the form of values in a config file to a parser. */
export function withForm<T>(form: FileForm, parser: Parser<T>): Parser<T> {
  return Object.assign((text: string, fallback: T) => parser(text, fallback), { form });
}

const trueWords = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
/** Those of Go's ParseBool, and what `ollama config` prints. */
const falseWords = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False', 'off', 'OFF', 'Off', 'no', 'NO', 'No']);

/** Removes spaces around a value, and quotes that shells and unit files leave around it. */
export function cleanValue(text: string | undefined): string {
  return (text ?? '').trim().replace(/^["']+|["']+$/g, '');
}

/** Any text means true, as in Ollama, except those that say no. */
export const parseBoolean: Parser<boolean> = withForm({ kind: 'boolean' }, (text) => ({
  value: !falseWords.has(text),
}));

/** Parses a whole number from 0 to a maximum. */
export function countUpTo(maximum: number): Parser<number> {
  return withForm({ kind: 'count', maximum }, (text, fallback) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value <= maximum) return { value };
    return {
      value: fallback,
      warning: `"${text}" is not a whole number from 0 to ${maximum}`,
    };
  });
}

/** Parses a whole number from 1 to a maximum; 0 is accepted and means 1. */
export function positiveCountUpTo(maximum: number): Parser<number> {
  const parse = countUpTo(maximum);
  return withForm({ kind: 'count', maximum }, (text, fallback) => {
    const { value, warning } = parse(text, fallback);
    if (warning === undefined) return { value: Math.max(1, value) };
    return { value: fallback, warning: `"${text}" is not a whole number from 1 to ${maximum}` };
  });
}

export type LogLevel = 'info' | 'debug' | 'trace';

/** Units are powers of 1000 or, with an "i", powers of 1024. The B is optional. */
const bytesPattern = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?))?b?$/i;

/** Parses a number of bytes, with or without a unit: "512MB", "1.5GiB". */
export const parseBytes: Parser<number> = withForm({ kind: 'size' }, (text, fallback) => {
  const [, number = '', letter = '', binary] = bytesPattern.exec(text) ?? [];
  const power = ' kmgt'.indexOf(letter.toLowerCase() || ' ');
  const value = Math.floor(Number(number || Number.NaN) * (binary ? 1024 : 1000) ** power);
  if (Number.isSafeInteger(value)) return { value };
  return {
    value: fallback,
    warning: `"${text}" is not a number of bytes such as "512MB" or "1GiB"`,
  };
});

/** Parses a boolean, or a number: 0 = info, 1 = debug, 2 or more = trace. */
export const parseLogLevel: Parser<LogLevel> = withForm({ kind: 'level' }, (text, fallback) => {
  if (trueWords.has(text)) return { value: 'debug' };
  if (falseWords.has(text)) return { value: 'info' };
  if (/^\d+$/.test(text)) return { value: Number(text) === 0 ? 'info' : 'trace' };
  return { value: fallback, warning: `"${text}" is not 0, 1 or 2` };
});

/** Parses a Go duration or a whole number of seconds. The value is in milliseconds; a negative one becomes Infinity. */
export const keepAliveSetting: Parser<number> = withForm({ kind: 'duration' }, (text, fallback) => {
  const milliseconds = readDuration(text);
  if (milliseconds === undefined) {
    return {
      value: fallback,
      warning: `"${text}" is neither a duration such as "5m" nor a number of seconds`,
    };
  }
  return { value: milliseconds < 0 ? Number.POSITIVE_INFINITY : milliseconds };
});

/** Like `keepAliveSetting`, but 0 becomes Infinity too. */
export const parseTimeout: Parser<number> = withForm({ kind: 'duration' }, (text, fallback) => {
  const { value, ...rest } = keepAliveSetting(text, fallback);
  return { value: value === 0 ? Number.POSITIVE_INFINITY : value, ...rest };
});

/** Parses a Go duration or a number of seconds from 0 to `maxMs` milliseconds. */
export function durationUpTo(maxMs: number): Parser<number> {
  return withForm({ kind: 'duration' }, (text, fallback) => {
    const milliseconds = readDuration(text) ?? Number.NaN;
    if (milliseconds >= 0 && milliseconds <= maxMs) return { value: milliseconds };
    return { value: fallback, warning: `"${text}" is not a duration from 0 to ${maxMs / 1000} seconds` };
  });
}

export const parseText: Parser<string> = withForm({ kind: 'text' }, (text) => ({ value: text }));

export const parseList = withForm<readonly string[]>({ kind: 'list' }, (text) => ({
  value: text.split(',').filter((item) => item !== ''),
}));

/** Like `parseList`, without the spaces around items. */
export const parseNames = withForm<readonly string[]>({ kind: 'list' }, (text) => ({
  value: text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
}));

/** Parses a list of folders, separated as in PATH (by semicolons on Windows, whose paths contain colons) or by commas. */
export function pathsParser(platform: NodeJS.Platform): Parser<readonly string[]> {
  const { delimiter } = systemPath(platform);
  return withForm<readonly string[]>({ kind: 'list' }, (text) => ({
    value: text
      .split(delimiter)
      .flatMap((part) => part.split(','))
      .map((path) => path.trim())
      .filter((path) => path !== ''),
  }));
}

/** Parses one of the given words in any letter case. */
export function parseChoice<T extends string>(words: readonly T[]): Parser<T> {
  return withForm({ kind: 'choice', words }, (text, fallback) => {
    const value = words.find((word) => word === text.toLowerCase());
    if (value !== undefined) return { value };
    return { value: fallback, warning: `"${text}" is not one of ${words.join(', ')}` };
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
