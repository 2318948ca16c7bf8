/** What a comparison is made of, as the address keeps it. */
import type { JsonObject } from '../../base/json-object.ts';
import type { AnswerRequest } from '../answers/stream-answer.ts';

/** Narrower columns cannot be read. */
export const MAX_COLUMNS = 4;
export const MIN_COLUMNS = 2;
/** What browsers carry in an address without trouble. The server never sees this part of the address. */
const MAX_ADDRESS_CHARACTERS = 64 * 1024;
const MAX_TEXT_CHARACTERS = 1_000_000;
/** Options are a flat list; values in values in values would overflow the stack of what writes them. */
const MAX_OPTION_BRACKETS = 500;
const MAX_SEED = 2 ** 31 - 1;

/** How a model is asked to think; '' = as it does by itself. */
export const thinkChoices = ['', 'off', 'on', 'low', 'medium', 'high'] as const;
type ThinkChoice = (typeof thinkChoices)[number];

export interface ColumnSetup {
  readonly model: string;
  readonly system: string;
  /** Model options as the user wrote them, a JSON object or nothing. */
  readonly options: string;
  readonly think: ThinkChoice;
}

export interface CompareSetup {
  readonly prompt: string;
  readonly seed: number;
  /** One model after the other: each has the machine for itself, so that the speeds can be compared. */
  readonly inTurn: boolean;
  readonly columns: readonly ColumnSetup[];
}

export const emptyColumn: ColumnSetup = { model: '', system: '', options: '', think: '' };
export const emptySetup: CompareSetup = {
  prompt: '',
  seed: 1,
  inTurn: false,
  columns: [emptyColumn, emptyColumn],
};

/** @returns the part of the address that keeps the setup, from `#` on; undefined = it is too long */
export function addressOf(setup: CompareSetup): string | undefined {
  const address = `#${encodeURIComponent(JSON.stringify(setup))}`;
  return address.length > MAX_ADDRESS_CHARACTERS ? undefined : address;
}

/**
 * Reads what `addressOf` wrote. Anybody may have written the address: what does not fit is left out.
 * @param hash from `#` on
 * @returns undefined if there is no setup in it
 */
export function setupOf(hash: string): CompareSetup | undefined {
  const found = jsonOf(hash);
  if (found === undefined) return undefined;
  const seed = Number(found.seed);
  const columns = Array.isArray(found.columns) ? found.columns.slice(0, MAX_COLUMNS).map(columnOf) : [];
  while (columns.length < MIN_COLUMNS) columns.push(emptyColumn);
  return {
    prompt: textOf(found.prompt),
    seed: isSeed(seed) ? seed : emptySetup.seed,
    inTurn: found.inTurn === true,
    columns,
  };
}

export function isSeed(seed: number): boolean {
  return Number.isInteger(seed) && seed >= 0 && seed <= MAX_SEED;
}

function jsonOf(hash: string): Record<string, unknown> | undefined {
  if (hash.length < 2 || hash.length > MAX_ADDRESS_CHARACTERS) return undefined;
  try {
    return objectOf(JSON.parse(decodeURIComponent(hash.slice(1))));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT_CHARACTERS) : '';
}

function columnOf(value: unknown): ColumnSetup {
  const { model, system, options, think } = objectOf(value) ?? {};
  return {
    model: textOf(model),
    system: textOf(system),
    options: textOf(options),
    think: thinkChoices.find((choice) => choice === think) ?? '',
  };
}

/** @returns the options that the user wrote; undefined if they are not a JSON object */
export function optionsOf({ options }: Pick<ColumnSetup, 'options'>): JsonObject | undefined {
  if (options.trim() === '') return {};
  if ((options.match(/[[{]/g)?.length ?? 0) > MAX_OPTION_BRACKETS) return undefined;
  try {
    return objectOf(JSON.parse(options)) as JsonObject | undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with a setup: the number of a column and what it lacks, or the prompt. */
export type SetupProblem =
  | { readonly kind: 'prompt' }
  | { readonly kind: 'model' | 'options'; readonly column: number };

/** @returns the first reason why the setup cannot run */
export function problemOf({ prompt, columns }: CompareSetup): SetupProblem | undefined {
  if (prompt.trim() === '') return { kind: 'prompt' };
  for (const [column, setup] of columns.entries()) {
    if (setup.model === '') return { kind: 'model', column };
    if (optionsOf(setup) === undefined) return { kind: 'options', column };
  }
  return undefined;
}

const thinkFields = { off: false, on: true, low: 'low', medium: 'medium', high: 'high' } as const;

/** The request of a column. Options of the column win over the common seed. */
export function requestOf({ prompt, seed }: CompareSetup, column: ColumnSetup): AnswerRequest {
  const { model, system, think } = column;
  const user = { role: 'user', content: prompt };
  return {
    model,
    messages: system.trim() === '' ? [user] : [{ role: 'system', content: system }, user],
    options: { seed, ...optionsOf(column) },
    ...(think !== '' && { think: thinkFields[think] }),
  };
}
