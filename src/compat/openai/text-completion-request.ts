import { z } from 'zod';
import type { GenerateRequest } from '../../api/generate.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import { nameRouterFields, routerFields } from './router-fields.ts';
import { samplingFields, samplingOptions } from './sampling-fields.ts';
import { nativeStreamFields, streamFields } from './stream-options.ts';
import { textsOrTokens } from './texts-or-tokens.ts';
import { askedThinking, thinkingFields } from './thinking-fields.ts';

/** Maximum number of prompts in one request. Each one is queued like a separate request. */
const MAX_PROMPTS = 64;
const MAX_LOGPROBS = 20;

const promptSchema = textsOrTokens(
  MAX_PROMPTS,
  'prompt must be a string, a list of strings, a list of tokens or a list of token lists',
);

/** POST /v1/completions (https://platform.openai.com/docs/api-reference/completions/create) */
export const completionSchema = requestObject({
  ...samplingFields,
  ...streamFields,
  ...thinkingFields,
  ...routerFields,
  prompt: promptSchema.default(['']),
  suffix: z.string().exactOptional(),
  echo: z.boolean().exactOptional(),
  logprobs: z.int().min(0).max(MAX_LOGPROBS).exactOptional(),
  best_of: z.int().exactOptional(),
  _debug_render_only: z.boolean().exactOptional(),
});

export type TextCompletionRequest = z.infer<typeof completionSchema>;

/**
 * Whether the log probabilities of the prompts are wanted. They are those of the text itself, so it goes to the model
 * without a template.
 */
export function scoresPrompts({ echo, logprobs }: TextCompletionRequest): boolean {
  return echo === true && logprobs !== undefined;
}

/**
 * Converts one prompt to a native request, raw if it was given as tokens or is to be scored.
 * @param ignored gets the fields that have no effect
 * @throws OllamaError `invalid-request` for fields that cannot be honoured
 */
export function nativeGenerateRequest(
  request: TextCompletionRequest,
  prompt: string | readonly number[],
  ignored: IgnoredParts,
): GenerateRequest {
  const { model, suffix, logprobs, keep_alive, cache_salt, _debug_render_only } = request;
  const isText = typeof prompt === 'string';
  const isScored = scoresPrompts(request);
  requireCombination(request, isText);
  nameVainThinking(request, ignored);
  nameRouterFields(request, ignored);
  return {
    ...(model !== undefined && { model }),
    prompt: isText ? prompt : '',
    // This API has no field for thinking.
    think: false,
    verbose_metrics: true,
    options: { ...samplingOptions(request), ...(isEchoOnly(request) && { num_predict: 0 }) },
    ...nativeStreamFields(request, ignored),
    ...(suffix && { suffix }),
    ...((isScored || !isText) && { raw: true }),
    // The log probabilities of a shortened prompt would be those of another text.
    ...(isScored && { truncate: false }),
    ...(logprobs !== undefined && { logprobs: true, top_logprobs: logprobs }),
    ...(keep_alive !== undefined && { keep_alive }),
    ...(cache_salt !== undefined && { cache_salt }),
    ...(_debug_render_only !== undefined && { _debug_render_only }),
  };
}

/** With `echo`, no tokens means that only the prompt is wanted; elsewhere, the field counts as absent. */
function isEchoOnly({ echo, max_tokens: most }: TextCompletionRequest): boolean {
  return echo === true && most === 0;
}

/** A text completion is the text alone, so what turns thinking off asks for what is so anyway. */
function nameVainThinking(request: TextCompletionRequest, ignored: IgnoredParts): void {
  const { thinkField, chat_template_kwargs: others } = askedThinking(request, ignored);
  if (thinkField !== undefined) ignored.add(thinkField);
  if (others) ignored.add('chat_template_kwargs');
}

function requireCombination(request: TextCompletionRequest, isText: boolean): void {
  const { best_of: bestOf, n = 1, suffix } = request;
  if (bestOf !== undefined && bestOf > n) {
    throw new OllamaError(
      'invalid-request',
      'best_of must not be greater than "n": all generated answers are returned',
    );
  }
  const other = !isText ? 'a prompt of tokens' : scoresPrompts(request) ? '"echo" and "logprobs"' : '';
  if (!suffix || other === '') return;
  throw new OllamaError(
    'invalid-request',
    `"suffix" cannot be combined with ${other}: leave one of them out`,
  );
}
