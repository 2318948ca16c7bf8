import { z } from 'zod';
import { messageOf, OllamaError } from '../base/errors.ts';
import { isOptionName, type OptionName, type OptionRule, optionRules } from './option-table.ts';

/** Each stop text is compared with every token; real requests have under ten. */
const MAX_STOP_TEXTS = 256;
const MAX_STOP_LENGTH = 4096;
/** One per adapter; each adapter costs a matrix product per layer. */
const MAX_NUMBERS = 64;

type OptionType = {
  integer: number;
  float32: number;
  boolean: boolean;
  strings: string[];
  float32s: number[];
};

/** Options of a model or of one request; an absent one keeps its default. */
export type ModelOptions = {
  -readonly [Name in OptionName]?: OptionType[(typeof optionRules)[Name]['type']];
};

/**
 * Checks options by the table: nulls and unknown names are skipped, fractions of integers cut off.
 * @throws OllamaError `invalid-request` naming the option and what was expected
 */
export function parseOptions(options: Readonly<Record<string, unknown>>): ModelOptions {
  const parsed: [string, unknown][] = [];
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || !isOptionName(name)) continue;
    parsed.push([name, parseOption(name, value)]);
  }
  return Object.fromEntries(parsed);
}

export function unknownOptions(options: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(options).filter((name) => !isOptionName(name));
}

export const optionsSchema = z.record(z.string(), z.unknown()).transform((options, context): ModelOptions => {
  try {
    return parseOptions(options);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});

function parseOption(name: OptionName, value: unknown): OptionType[keyof OptionType] {
  const rule: OptionRule = optionRules[name];
  if (rule.type === 'strings') return parseStrings(name, value);
  if (rule.type === 'boolean') {
    if (typeof value !== 'boolean') throw refuse(name, 'must be of type boolean');
    return value;
  }
  if (rule.type === 'float32s') return parseNumbers(name, rule, value);
  return parseNumber(name, rule, value);
}

function parseNumber(name: OptionName, rule: OptionRule, value: unknown): number {
  if (typeof value !== 'number') throw refuse(name, `must be of type ${rule.type}`);
  const number = rule.type === 'integer' ? Math.trunc(value) : value;
  const { minimum = -Number.MAX_VALUE, maximum = Number.MAX_VALUE } = rule;
  if (number < minimum || number > maximum) {
    throw refuse(name, `must be between ${minimum} and ${maximum}, got ${value}`);
  }
  return number;
}

/** One number stands for a list of one. */
function parseNumbers(name: OptionName, rule: OptionRule, value: unknown): number[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((item) => typeof item === 'number')) throw refuse(name, 'must be of an array of numbers');
  if (list.length > MAX_NUMBERS) throw refuse(name, `may hold ${MAX_NUMBERS} numbers at most`);
  return list.map((item) => parseNumber(name, rule, item));
}

function parseStrings(name: OptionName, value: unknown): string[] {
  if (!Array.isArray(value)) throw refuse(name, 'must be of type array');
  if (!value.every((item) => typeof item === 'string')) throw refuse(name, 'must be of an array of strings');
  if (value.length > MAX_STOP_TEXTS) throw refuse(name, `may hold ${MAX_STOP_TEXTS} texts at most`);
  if (value.some((item) => item.length > MAX_STOP_LENGTH)) {
    throw refuse(name, `may hold texts of ${MAX_STOP_LENGTH} characters at most`);
  }
  return value;
}

function refuse(name: string, reason: string): OllamaError {
  return new OllamaError('invalid-request', `option "${name}" ${reason}`);
}
