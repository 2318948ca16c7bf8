/**
 * Fields of vLLM's and SGLang's chat requests that vllm-router and smg add to every request that they pass on, with the value
 * that changes nothing. Any other value has no effect here, and is named.
 */
import { z } from 'zod';
import type { IgnoredParts } from '../../api/ignored-parts.ts';

const neutralValues = {
  no_stop_trim: false,
  ignore_eos: false,
  skip_special_tokens: true,
  separate_reasoning: true,
  stream_reasoning: true,
  include_reasoning: true,
  return_hidden_states: false,
  add_generation_prompt: true,
} as const;

type RouterField = keyof typeof neutralValues;

const names = Object.keys(neutralValues) as readonly RouterField[];

const flag = z.boolean().exactOptional();

export const routerFields = {
  no_stop_trim: flag,
  ignore_eos: flag,
  skip_special_tokens: flag,
  separate_reasoning: flag,
  stream_reasoning: flag,
  include_reasoning: flag,
  return_hidden_states: flag,
  add_generation_prompt: flag,
} satisfies Record<RouterField, typeof flag>;

export function nameRouterFields(
  request: { readonly [Name in RouterField | 'continue_final_message']?: boolean },
  ignored: IgnoredParts,
): void {
  for (const name of names) {
    const value = request[name];
    // A message that goes on has no place for what begins an answer.
    if (name === 'add_generation_prompt' && request.continue_final_message) continue;
    if (value !== undefined && value !== neutralValues[name]) ignored.add(name);
  }
}
