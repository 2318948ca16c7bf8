/** The fields by which clients of OpenAI's APIs turn thinking on and off. Each of them comes from some other server. */
import { z } from 'zod';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { requestObject } from '../../api/request-object.ts';
import { splitTemplateArguments, templateArgumentsSchema } from '../../api/template-arguments.ts';
import type { Think } from '../../api/think.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { readEffort } from './reasoning-effort.ts';

/** A negative budget is none. */
const budgetSchema = z.int();

const switchSchema = z.union(
  [
    z.boolean(),
    requestObject({ type: z.string().exactOptional(), budget_tokens: budgetSchema.exactOptional() }),
  ],
  { error: 'must be a boolean or an object with a "type"' },
);

/** Members of `reasoning`. */
export const reasoningFields = {
  effort: z.string().exactOptional(),
  enabled: z.boolean().exactOptional(),
  max_tokens: budgetSchema.exactOptional(),
};

export const thinkingFields = {
  reasoning_effort: z.string().exactOptional(),
  /** OpenAI's Responses API, and OpenRouter. */
  reasoning: requestObject(reasoningFields).exactOptional(),
  /** As in the native API. */
  think: z.union([z.boolean(), z.string()], { error: 'must be a boolean or a string' }).exactOptional(),
  think_budget: budgetSchema.exactOptional(),
  /** Anthropic, DeepSeek, Z.ai. */
  thinking: switchSchema.exactOptional(),
  /** Qwen. */
  enable_thinking: z.boolean().exactOptional(),
  /** vLLM, SGLang, llama-server. */
  chat_template_kwargs: templateArgumentsSchema.exactOptional(),
};

type ThinkingRequest = {
  readonly [Name in keyof typeof thinkingFields]?: z.output<(typeof thinkingFields)[Name]> | undefined;
};

/** What a request says about thinking, in the fields of the native API. */
export interface AskedThinking {
  readonly think?: Think;
  readonly think_budget?: number;
  /** The field that decides: a model that cannot think answers without thinking, and names it. */
  readonly thinkField?: string;
  /** The arguments of `chat_template_kwargs` that are about something else. */
  readonly chat_template_kwargs?: JsonObject;
}

interface Wish {
  readonly field: string;
  readonly think: Think;
}

/**
 * Reads all fields that turn thinking on or off. Where they disagree, off is what somebody has asked for explicitly:
 * clients send an effort of their own accord. Otherwise a level counts more than a plain "on".
 * @param ignored gets the fields whose value has no meaning here
 */
export function askedThinking(request: ThinkingRequest, ignored: IgnoredParts): AskedThinking {
  const { reasoning, thinking, chat_template_kwargs: given } = request;
  const { switches, others } = splitTemplateArguments(given ?? {});
  const wishes = [...wishesOf(request, ignored), ...switches];
  const budgets = [
    request.think_budget,
    typeof thinking === 'object' ? thinking.budget_tokens : undefined,
    reasoning?.max_tokens,
  ];
  const budget = budgets.find((tokens) => tokens !== undefined && tokens >= 0);
  const wish =
    wishes.find(({ think }) => think === false) ??
    wishes.find(({ think }) => typeof think === 'string') ??
    wishes[0];
  return {
    ...(wish && { think: wish.think }),
    ...(wish?.think && { thinkField: wish.field }),
    ...(budget !== undefined && wish?.think !== false && { think_budget: budget }),
    ...(Object.keys(others).length > 0 && { chat_template_kwargs: others }),
  };
}

function wishesOf(request: ThinkingRequest, ignored: IgnoredParts): Wish[] {
  const { reasoning, think, thinking } = request;
  const wishes: Wish[] = [];
  const add = (field: string, value: Think | undefined) => {
    if (value !== undefined) wishes.push({ field, think: value });
  };
  const addWord = (field: string, word: string | undefined) => {
    if (word === undefined) return;
    const effort = switchWords.get(word.trim().toLowerCase()) ?? readEffort(word);
    if (effort.isKnown) add(field, effort.think);
    else ignored.add(`${field} (${word})`);
  };
  addWord('reasoning_effort', request.reasoning_effort);
  addWord('reasoning.effort', reasoning?.effort);
  add('reasoning.enabled', reasoning?.enabled);
  if (typeof think === 'boolean') add('think', think);
  else addWord('think', think);
  if (typeof thinking === 'boolean') add('thinking', thinking);
  else addWord('thinking.type', thinking?.type);
  add('enable_thinking', request.enable_thinking);
  return wishes;
}

/** Words that turn thinking on or off without a level. */
const switchWords: ReadonlyMap<string, ReturnType<typeof readEffort>> = new Map([
  ['disabled', { isKnown: true, think: false }],
  ['false', { isKnown: true, think: false }],
  ['enabled', { isKnown: true, think: true }],
  ['true', { isKnown: true, think: true }],
  ['adaptive', { isKnown: true }],
]);
