import { z } from 'zod';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { jsonObjectSchema } from '../bounded.ts';
import { type LogitBias, parseLogitBias } from './logit-bias.ts';
import { optionsJsonSchema } from './option-schema.ts';
import { isOptionName, type OptionName, type OptionRule, optionRules } from './option-table.ts';

interface OptionType {
  integer: number;
  float32: number;
  boolean: boolean;
  text: string;
  strings: string[];
  float32s: number[];
  'logit-bias': LogitBias[];
}

type OptionValue = OptionType[keyof OptionType];

/** Options of a model or of one request; an absent option keeps its default. */
export type ModelOptions = {
  -readonly [Name in OptionName]?: OptionType[(typeof optionRules)[Name]['type']];
};

type ValueOf<Name extends OptionName> = Readonly<OptionType[(typeof optionRules)[Name]['type']]>;

/** Options for which the table has a default. */
type DefaultedOption = {
  [Name in OptionName]: (typeof optionRules)[Name] extends { readonly default: unknown } ? Name : never;
}[OptionName];

/** The options' own value of an option, or the table's default. */
export function optionValue<Name extends DefaultedOption>(options: ModelOptions, name: Name): ValueOf<Name> {
  // A test holds each default against the type and the range of its option.
  const value: unknown = options[name] ?? optionRules[name].default;
  return value as ValueOf<Name>;
}

const optionNames = Object.keys(optionRules).filter(isOptionName);

/**
 * Checks options against the table. Nulls and unknown names are skipped; integers are truncated.
 * @throws OllamaError `invalid-request` naming the option and what was expected
 */
export function parseOptions(options: Readonly<Record<string, unknown>>): ModelOptions {
  const parsed: [string, unknown][] = [];
  for (const name of optionNames) {
    const value = Object.hasOwn(options, name) ? options[name] : undefined;
    if (value !== null && value !== undefined) parsed.push([name, parseOption(name, value)]);
  }
  return Object.fromEntries(parsed);
}

/** The first names that the table lacks, at most `limit` of them. */
export function unknownOptions(options: Readonly<Record<string, unknown>>, limit: number): string[] {
  const unknown: string[] = [];
  for (const name of Object.keys(options)) {
    if (unknown.length >= limit) break;
    if (!isOptionName(name)) unknown.push(name);
  }
  return unknown;
}

export const optionsSchema = jsonObjectSchema
  .transform((options, context): ModelOptions => {
    try {
      return parseOptions(options);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
      return z.NEVER;
    }
  })
  .meta({ id: 'Options', ...optionsJsonSchema });

function parseOption(name: OptionName, value: unknown): OptionValue {
  const rule: OptionRule = optionRules[name];
  switch (rule.type) {
    case 'strings':
      return parseStrings(name, rule, value);
    case 'float32s':
      return parseNumbers(name, rule, value);
    case 'text':
      return parseText(name, rule, value);
    case 'logit-bias': {
      const parsed = parseLogitBias(value);
      if (typeof parsed === 'string') throw refuse(name, parsed);
      return parsed;
    }
    case 'boolean':
      if (typeof value !== 'boolean') throw refuse(name, 'must be of type boolean');
      return value;
    default:
      return parseNumber(name, rule, value);
  }
}

function parseNumber(name: OptionName, rule: OptionRule, value: unknown): number {
  if (typeof value !== 'number') throw refuse(name, `must be of type ${rule.type}`);
  const number = rule.type === 'integer' ? Math.trunc(value) : value;
  const { minimum = -Number.MAX_VALUE, maximum = Number.MAX_VALUE } = rule;
  if (!(number >= minimum && number <= maximum)) {
    throw refuse(name, `must be between ${minimum} and ${maximum}, got ${value}`);
  }
  return number;
}

/** A single number is taken as a list of one. */
function parseNumbers(name: OptionName, rule: OptionRule, value: unknown): number[] {
  const { maximumItems = Number.POSITIVE_INFINITY } = rule;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > maximumItems) throw refuse(name, `accepts at most ${maximumItems} numbers`);
  if (!list.every((item) => typeof item === 'number')) throw refuse(name, 'must be an array of numbers');
  return list.map((item) => parseNumber(name, rule, item));
}

function parseStrings(name: OptionName, rule: OptionRule, value: unknown): string[] {
  const { maximumItems = Number.POSITIVE_INFINITY } = rule;
  if (!Array.isArray(value)) throw refuse(name, 'must be of type array');
  if (value.length > maximumItems) throw refuse(name, `accepts at most ${maximumItems} texts`);
  return value.map((item) => {
    if (typeof item !== 'string') throw refuse(name, 'must be of an array of strings');
    return parseText(name, rule, item);
  });
}

function parseText(name: OptionName, rule: OptionRule, value: unknown): string {
  const { maximumBytes = Number.POSITIVE_INFINITY } = rule;
  if (typeof value !== 'string') throw refuse(name, 'must be of type string');
  if (Buffer.byteLength(value) > maximumBytes) {
    throw refuse(name, `accepts texts of at most ${maximumBytes} bytes`);
  }
  if (rule.isCString && value.includes('\0')) throw refuse(name, 'must not contain the character U+0000');
  return value;
}

function refuse(name: string, reason: string): OllamaError {
  return new OllamaError('invalid-request', `option "${name}" ${reason}`);
}
