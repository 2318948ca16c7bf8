import { optionNotes } from './option-notes.ts';
import { isOptionName, type OptionRule, optionRules } from './option-table.ts';

const jsonTypes = { integer: 'integer', float32: 'number', boolean: 'boolean', text: 'string' } as const;

/** The options as JSON Schema, for the OpenAPI description. */
export const optionsJsonSchema = {
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(optionRules).map(([name, rule]) => [name, { ...describeRule(rule), ...noteOf(name) }]),
  ),
} as const;

function describeRule(rule: OptionRule): object {
  return { ...describeValue(rule), ...(rule.default !== undefined && { default: rule.default }) };
}

function describeValue({ type, minimum, maximum, maximumItems }: OptionRule): object {
  const range = { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) };
  if (type === 'logit-bias') return { type: ['object', 'array'] };
  if (type !== 'strings' && type !== 'float32s') return { type: jsonTypes[type], ...range };
  const items = { type: type === 'strings' ? 'string' : 'number', ...range };
  return { type: 'array', items, ...(maximumItems !== undefined && { maxItems: maximumItems }) };
}

function noteOf(name: string): object {
  return isOptionName(name) ? { description: optionNotes[name].meaning } : {};
}
