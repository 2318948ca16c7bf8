/** What the page shows of the model options: made from the same table that checks requests. */
import { optionNotes } from '../../api/options/option-notes.ts';
import { type OptionName, type OptionRule, optionRules } from '../../api/options/option-table.ts';

export type { OptionName } from '../../api/options/option-table.ts';

type FieldKind = 'number' | 'switch' | 'texts' | 'numbers' | 'text' | 'object';

export interface OptionField {
  readonly name: OptionName;
  readonly kind: FieldKind;
  readonly note: string;
  readonly isInteger: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maximumItems?: number;
  readonly maximumBytes?: number;
  readonly default?: number | boolean | readonly string[] | readonly number[];
  /** The ends of a slider and its step. Values outside of it are valid too. */
  readonly slider?: { readonly from: number; readonly to: number; readonly step: number };
}

const kinds: Readonly<Record<OptionRule['type'], FieldKind>> = {
  integer: 'number',
  float32: 'number',
  boolean: 'switch',
  text: 'text',
  strings: 'texts',
  float32s: 'numbers',
  'logit-bias': 'object',
};

/** A slider of more steps could not be set exactly, neither by mouse nor by keys. */
const MAX_STEPS = 200;

function fieldOf(name: OptionName): OptionField {
  const rule: OptionRule = optionRules[name];
  const { meaning, usual } = optionNotes[name];
  const slider = sliderOf(rule, usual);
  const { minimum, maximum, maximumItems, maximumBytes } = rule;
  return {
    name,
    kind: kinds[rule.type],
    note: meaning,
    isInteger: rule.type === 'integer',
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(maximumItems !== undefined && { maximumItems }),
    ...(maximumBytes !== undefined && { maximumBytes }),
    ...(rule.default !== undefined && { default: rule.default }),
    ...(slider && { slider }),
  };
}

/** A slider over the usual values, or over all of them if they are few. */
function sliderOf(rule: OptionRule, usual: readonly [number, number] | undefined): OptionField['slider'] {
  const [from, to] = usual ?? [rule.minimum, rule.maximum];
  if (from === undefined || to === undefined) return undefined;
  if (rule.type === 'integer') return to - from <= MAX_STEPS ? { from, to, step: 1 } : undefined;
  if (rule.type !== 'float32') return undefined;
  const step = to - from <= 2 ? 0.01 : 0.1;
  return (to - from) / step <= MAX_STEPS + 1 ? { from, to, step } : undefined;
}

/** Options by what they are for; the first group is always open. Together they are all options of the table. */
const groups = {
  sampling: ['temperature', 'top_p', 'top_k', 'min_p', 'repeat_penalty', 'seed', 'num_predict', 'stop'],
  penalties: [
    ...(['repeat_last_n', 'presence_penalty', 'frequency_penalty'] as const),
    ...(['dry_multiplier', 'dry_base', 'dry_allowed_length', 'dry_penalty_last_n'] as const),
    'dry_sequence_breakers',
  ],
  samplers: [
    ...(['typical_p', 'top_n_sigma', 'dynatemp_range', 'dynatemp_exponent'] as const),
    ...(['xtc_probability', 'xtc_threshold', 'mirostat', 'mirostat_tau', 'mirostat_eta'] as const),
  ],
  answer: ['min_tokens', 'ignore_eos', 'logit_bias', 'banned_strings', 'grammar', 'fixed_json_spaces'],
} as const satisfies Record<string, readonly OptionName[]>;

export type OptionGroup = keyof typeof groups | 'context' | 'loading';

/** Has a place of its own beside `keep_alive`. */
const contextOptions: readonly OptionName[] = ['num_ctx', 'num_keep'];

/** All options of the table in their groups: what no group names is about loading. */
export function optionGroups(): readonly (readonly [OptionGroup, readonly OptionField[]])[] {
  const named = new Set<string>([...Object.values(groups).flat(), ...contextOptions]);
  const others = (Object.keys(optionRules) as OptionName[]).filter((name) => !named.has(name));
  return [
    ...(Object.entries(groups) as [OptionGroup, readonly OptionName[]][]),
    ['context', contextOptions] as const,
    ['loading', others] as const,
  ].map(([group, names]) => [group as OptionGroup, (names as readonly OptionName[]).map(fieldOf)] as const);
}

export type OptionProblem =
  | { readonly kind: 'number' | 'integer' | 'switch' | 'text' | 'list' | 'object' }
  | { readonly kind: 'range'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'items' | 'bytes'; readonly maximum: number };

/** What is wrong with the value of an option; undefined if nothing is. The server checks it again. */
export function optionProblem(field: OptionField, value: unknown): OptionProblem | undefined {
  switch (field.kind) {
    case 'number':
      return numberProblem(field, value);
    case 'switch':
      return typeof value === 'boolean' ? undefined : { kind: 'switch' };
    case 'text':
      return textProblem(field, value);
    case 'object':
      return typeof value === 'object' && value !== null ? undefined : { kind: 'object' };
    default:
      return listProblem(field, value);
  }
}

function numberProblem(field: OptionField, value: unknown): OptionProblem | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return { kind: 'number' };
  if (field.isInteger && !Number.isInteger(value)) return { kind: 'integer' };
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = field;
  return value < minimum || value > maximum ? { kind: 'range', minimum, maximum } : undefined;
}

function textProblem({ maximumBytes }: OptionField, value: unknown): OptionProblem | undefined {
  if (typeof value !== 'string') return { kind: 'text' };
  const isLong = maximumBytes !== undefined && new TextEncoder().encode(value).length > maximumBytes;
  return isLong ? { kind: 'bytes', maximum: maximumBytes } : undefined;
}

function listProblem(field: OptionField, value: unknown): OptionProblem | undefined {
  const type = field.kind === 'numbers' ? 'number' : 'string';
  if (!Array.isArray(value) || !value.every((item) => typeof item === type)) return { kind: 'list' };
  const { maximumItems = Number.POSITIVE_INFINITY } = field;
  if (value.length > maximumItems) return { kind: 'items', maximum: maximumItems };
  const problemOf = field.kind === 'numbers' ? numberProblem : textProblem;
  return value.map((item: unknown) => problemOf(field, item)).find((problem) => problem !== undefined);
}

/**
 * The options of a model, as `parameters` of `/api/show` writes them: a name and a value on each line, texts in quotes.
 * What the page does not understand is left out: it is only shown.
 */
export function modelOptions(parameters: string | undefined): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const line of (parameters ?? '').split('\n')) {
    const [, name = '', text = ''] = /^(\w+)\s+(.*\S)\s*$/.exec(line) ?? [];
    if (!Object.hasOwn(optionRules, name)) continue;
    const value = parameterValue(text);
    const rule: OptionRule = optionRules[name as OptionName];
    if (rule.type === 'strings' || rule.type === 'float32s')
      found[name] = [...((found[name] as unknown[]) ?? []), value];
    else found[name] = value;
  }
  return found;
}

function parameterValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
