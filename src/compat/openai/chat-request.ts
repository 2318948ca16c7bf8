import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import type { ChatRequest } from '../../api/chat.ts';
import { refusedField } from '../../api/refused-field.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import { messagesSchema, nativeMessages } from './messages.ts';
import { effortSchema } from './reasoning-effort.ts';
import { nativeFormat, responseFormatSchema } from './response-format.ts';
import { samplingFields, samplingOptions } from './sampling-fields.ts';
import { nativeTools, toolsAndChoice, toolsSchema } from './tools.ts';

const MAX_TOP_LOGPROBS = 20;

export const streamOptionsSchema = requestObject({ include_usage: z.boolean().exactOptional() });

/** POST /v1/chat/completions (https://platform.openai.com/docs/api-reference/chat/create) */
export const chatCompletionSchema = requestObject({
  ...samplingFields,
  messages: messagesSchema.default([]),
  max_completion_tokens: z.int().nonnegative().exactOptional(),
  stream_options: streamOptionsSchema.exactOptional(),
  response_format: responseFormatSchema.exactOptional(),
  tools: toolsSchema.exactOptional(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().exactOptional(),
  reasoning_effort: effortSchema.exactOptional(),
  reasoning: requestObject({ effort: effortSchema.exactOptional() }).exactOptional(),
  logprobs: z.boolean().exactOptional(),
  top_logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).exactOptional(),
  /** Extensions, as in the native API. */
  think_budget: z.int().nonnegative().exactOptional(),
  _debug_render_only: z.boolean().exactOptional(),
  modalities: listOf(z.literal('text'), 1).exactOptional(),
  audio: refusedField('audio'),
  functions: refusedField('functions', 'use "tools"'),
  function_call: refusedField('function_call', 'use "tool_choice"'),
  web_search_options: refusedField('web_search_options'),
});

export type ChatCompletionRequest = z.infer<typeof chatCompletionSchema>;

/** Converts a request to the native API. @throws OllamaError `invalid-request` for fields that cannot be honoured */
export function nativeChatRequest(request: ChatCompletionRequest): ChatRequest {
  if (request.messages.length === 0) {
    throw new OllamaError('invalid-request', "[] is too short - 'messages'");
  }
  const { model, keep_alive, logprobs, top_logprobs, parallel_tool_calls, think_budget } = request;
  const { _debug_render_only, response_format } = request;
  const think = request.reasoning_effort ?? request.reasoning?.effort;
  const { tools, choice } = toolsAndChoice(nativeTools(request.tools ?? []), request.tool_choice);
  const format = response_format && nativeFormat(response_format);
  return {
    ...(model !== undefined && { model }),
    messages: nativeMessages(request.messages),
    options: samplingOptions(request),
    verbose_metrics: true,
    ...(tools.length > 0 && { tools: [...tools] }),
    ...(choice !== 'auto' && { tool_choice: choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...(think !== undefined && { think }),
    ...(think_budget !== undefined && { think_budget }),
    ...(format !== undefined && { format }),
    ...(logprobs !== undefined && { logprobs }),
    ...(top_logprobs !== undefined && { top_logprobs }),
    ...(keep_alive !== undefined && { keep_alive }),
    ...(_debug_render_only !== undefined && { _debug_render_only }),
  };
}
