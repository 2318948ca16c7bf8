import { z } from 'zod';
import type { GenerateRequest } from '../../api/generate.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import { streamOptionsSchema } from './chat-request.ts';
import { samplingFields, samplingOptions } from './sampling-fields.ts';
import { textsOrTokens } from './texts-or-tokens.ts';

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
  prompt: promptSchema.default(['']),
  suffix: z.string().exactOptional(),
  echo: z.boolean().exactOptional(),
  logprobs: z.int().min(0).max(MAX_LOGPROBS).exactOptional(),
  best_of: z.int().exactOptional(),
  stream_options: streamOptionsSchema.exactOptional(),
  _debug_render_only: z.boolean().exactOptional(),
});

export type TextCompletionRequest = z.infer<typeof completionSchema>;

/**
 * Converts one prompt to a native request. Prompts given as tokens are raw: no template is applied.
 * @throws OllamaError `invalid-request` for fields that cannot be honoured
 */
export function nativeGenerateRequest(
  request: TextCompletionRequest,
  prompt: string,
  isRaw: boolean,
): GenerateRequest {
  const { model, suffix, logprobs, keep_alive, best_of: bestOf, n = 1, _debug_render_only } = request;
  if (bestOf !== undefined && bestOf > n) {
    throw new OllamaError(
      'invalid-request',
      'best_of must not be greater than "n": all generated answers are returned',
    );
  }
  return {
    ...(model !== undefined && { model }),
    prompt,
    // This API has no field for thinking.
    think: false,
    verbose_metrics: true,
    options: samplingOptions(request),
    ...(suffix && { suffix }),
    ...(isRaw && { raw: true }),
    ...(logprobs !== undefined && { logprobs: true, top_logprobs: logprobs }),
    ...(keep_alive !== undefined && { keep_alive }),
    ...(_debug_render_only !== undefined && { _debug_render_only }),
  };
}
