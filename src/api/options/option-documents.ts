/** Generates the parameter table of docs/modelfile.md from the option tables; `npm run openapi` writes it. */
import { optionNotes } from './option-notes.ts';
import { isOptionName, type OptionRule, optionRules } from './option-table.ts';
import { MIN_SEED } from './seed.ts';

const typeNames: Readonly<Record<OptionRule['type'], string>> = {
  integer: 'integer',
  float32: 'number',
  boolean: 'true or false',
  text: 'text',
  strings: 'text, repeatable',
  float32s: 'number, repeatable',
  'logit-bias': 'JSON',
};

/** All options as a Markdown table. */
export function optionsTable(): string {
  const rows = Object.entries<OptionRule>(optionRules).map(([name, rule]) => {
    const { default: value } = rule;
    const meaning = isOptionName(name) ? optionNotes[name].meaning : '';
    const isShown = value !== undefined && !(Array.isArray(value) && value.length === 0);
    const cells = [`\`${name}\``, typeNames[rule.type], range(rule), isShown ? code(value) : '', meaning];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| parameter | value | range | default | meaning |', '|---|---|---|---|---|', ...rows].join('\n');
}

function range({ minimum, maximum, maximumItems, maximumBytes }: OptionRule): string {
  const parts: string[] = [];
  if (minimum === MIN_SEED) parts.push('64 bits');
  else if (minimum !== undefined && maximum !== undefined) parts.push(`${minimum} to ${maximum}`);
  if (maximumItems !== undefined) parts.push(`at most ${maximumItems} values`);
  if (maximumBytes !== undefined) parts.push(`at most ${maximumBytes} bytes`);
  return parts.join('; ');
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value).replaceAll('|', '\\|')}\``;
}
