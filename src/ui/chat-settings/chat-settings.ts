/** What a chat is answered with, beside its messages. The names are those of `POST /api/chat`. */
import type { ChatRequest } from '../../api/chat.ts';
import type { ChatSettings, JsonObject } from '../chats/chat-message.ts';
import { isObject } from './json-value.ts';
import { schemaProblem } from './schema-problem.ts';
import { toolsProblem } from './tools-problem.ts';

export const thinkValues = [true, false, 'low', 'medium', 'high', 'max'] as const;

/** Far above any prompt that people write; a browser and a server still handle it well. */
export const MAX_SYSTEM_CHARACTERS = 200_000;
const MAX_MODEL_CHARACTERS = 1000;
/** Far more than one chat sets. */
const MAX_OPTIONS = 100;
/** The server's limit of alternatives to a token. */
const MAX_TOP_LOGPROBS = 20;
/** A duration such as "1h30m", or a number of seconds. */
const keepAlivePattern = /^-?\d+(?:\.\d+)?$|^-?(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const MAX_KEEP_ALIVE_CHARACTERS = 40;

export function isKeepAlive(value: unknown): value is number | string {
  if (typeof value === 'number') return Number.isFinite(value);
  return (
    typeof value === 'string' && value.length <= MAX_KEEP_ALIVE_CHARACTERS && keepAlivePattern.test(value)
  );
}

export function isThinkBudget(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

const checks: { readonly [Name in keyof ChatSettings]-?: (value: unknown) => boolean } = {
  model: (value) => typeof value === 'string' && value !== '' && value.length <= MAX_MODEL_CHARACTERS,
  system: (value) => typeof value === 'string' && value.length <= MAX_SYSTEM_CHARACTERS,
  options: (value) => isObject(value) && Object.keys(value).length <= MAX_OPTIONS,
  think: (value) => thinkValues.some((one) => one === value),
  think_budget: isThinkBudget,
  keep_alive: isKeepAlive,
  format: (value) => value === 'json' || (isObject(value) && schemaProblem(value) === undefined),
  tools: (value) => Array.isArray(value) && toolsProblem(value) === undefined,
  logprobs: (value) => typeof value === 'boolean',
  top_logprobs: (value) => isThinkBudget(value) && value <= MAX_TOP_LOGPROBS,
};

/** Reads settings that another version of this page, another program or a file wrote: what cannot be used is left out. */
export function readSettings(value: unknown): ChatSettings {
  if (!isObject(value)) return {};
  const names = Object.keys(checks) as (keyof ChatSettings)[];
  return Object.fromEntries(
    names.filter((name) => checks[name](value[name])).map((name) => [name, value[name]]),
  );
}

/** The options of settings with one of them changed; undefined = left to the model. */
export function withOption(
  options: JsonObject | undefined,
  name: string,
  value: unknown,
): JsonObject | undefined {
  const { [name]: _, ...others } = options ?? {};
  const changed: JsonObject = value === undefined ? others : { ...others, [name]: value };
  return Object.keys(changed).length === 0 ? undefined : changed;
}

/** The fields of `POST /api/chat` that follow from settings; the system prompt is a message and not among them. */
type SettingsFields = Pick<
  ChatRequest,
  'options' | 'think' | 'think_budget' | 'keep_alive' | 'format' | 'tools' | 'logprobs' | 'top_logprobs'
>;

export function requestFields(settings: ChatSettings): SettingsFields {
  const { model: _, system: __, ...fields } = readSettings(settings);
  return fields as SettingsFields;
}
