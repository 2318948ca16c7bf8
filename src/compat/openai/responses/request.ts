import { z } from 'zod';
import { jsonObjectSchema, listOf } from '../../../api/bounded.ts';
import { cacheSaltSchema } from '../../../api/cache-salt.ts';
import type { ChatRequest } from '../../../api/chat.ts';
import type { Message } from '../../../api/common.ts';
import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import { keepAliveSchema } from '../../../api/keep-alive.ts';
import { optionsSchema } from '../../../api/options/options.ts';
import { refusedField } from '../../../api/refused-field.ts';
import { requestObject } from '../../../api/request-object.ts';
import { OllamaError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json-object.ts';
import { samplingOptions, tokenLimitSchema } from '../sampling-fields.ts';
import { nativeStreamFields, streamFields } from '../stream-options.ts';
import { askedThinking, reasoningFields, thinkingFields } from '../thinking-fields.ts';
import { addIgnoredFields, LOGPROBS } from './ignored-fields.ts';
import { addToolsOfItems, inputSchema, nativeInput } from './input-items.ts';
import type { Item } from './item.ts';
import { MAX_TOOLS, OfferedTools } from './offered-tools.ts';
import { chosenTools } from './tool-choice.ts';

/** Values of `include`: far more than there are. */
const MAX_INCLUDED = 100;
const MAX_TOP_LOGPROBS = 20;

/** Tools of types that are not offered have fields of their own. */
const toolSchema = jsonObjectSchema.meta({
  type: 'object',
  description: 'A function, a custom tool, a namespace of both, or a tool of another type, which is left out',
});

const formatSchema = requestObject({
  type: z.string(),
  name: z.string().exactOptional(),
  description: z.string().exactOptional(),
  schema: jsonObjectSchema.exactOptional(),
  strict: z.boolean().exactOptional(),
});

/** POST /v1/responses (https://platform.openai.com/docs/api-reference/responses/create) */
export const responsesSchema = requestObject({
  model: z.string().exactOptional(),
  input: inputSchema.default([]),
  instructions: z.string().exactOptional(),
  stream: z.boolean().exactOptional(),
  ...streamFields,
  max_output_tokens: tokenLimitSchema.exactOptional(),
  temperature: z.number().exactOptional(),
  top_p: z.number().exactOptional(),
  ...thinkingFields,
  reasoning: requestObject({ ...reasoningFields, summary: z.string().exactOptional() }).exactOptional(),
  text: requestObject({
    format: formatSchema.exactOptional(),
    verbosity: z.string().exactOptional(),
  }).exactOptional(),
  tools: listOf(toolSchema, MAX_TOOLS).exactOptional(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().exactOptional(),
  max_tool_calls: z.int().exactOptional(),
  truncation: z.string().exactOptional(),
  top_logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).exactOptional(),
  include: listOf(z.string(), MAX_INCLUDED).exactOptional(),
  store: z.boolean().exactOptional(),
  previous_response_id: z.string().exactOptional(),
  metadata: jsonObjectSchema.exactOptional(),
  background: z.boolean().exactOptional(),
  prompt_cache_key: z.string().exactOptional(),
  safety_identifier: z.string().exactOptional(),
  service_tier: z.string().exactOptional(),
  user: z.string().exactOptional(),
  conversation: refusedField('conversation', 'use "previous_response_id"'),
  prompt: refusedField('prompt', 'use "instructions" and "input"'),
  options: optionsSchema.exactOptional(),
  keep_alive: keepAliveSchema.exactOptional(),
  cache_salt: cacheSaltSchema.exactOptional(),
});

export type ResponsesRequest = z.infer<typeof responsesSchema>;

/** What a request is read with. */
export interface RequestSurroundings {
  /** The conversation that `previous_response_id` refers to. */
  readonly before: readonly Message[];
  /** Receives what is left out. */
  readonly ignored: IgnoredParts;
  /** Finds an item of an earlier response by its ID. */
  storedItem(id: string): Item | undefined;
}

export interface NativeRequest {
  readonly chat: ChatRequest;
  /** Who the model means when it calls a tool. */
  readonly tools: OfferedTools;
}

/**
 * Converts a request to the native API.
 * @throws OllamaError `invalid-request` for what cannot be left out without making the answer wrong
 */
export function nativeResponsesRequest(
  request: ResponsesRequest,
  { before, ignored, storedItem }: RequestSurroundings,
): NativeRequest {
  const { model, instructions, parallel_tool_calls, keep_alive, cache_salt, truncation } = request;
  const { include = [] } = request;
  const offered = new OfferedTools(ignored);
  offered.add(request.tools ?? [], 'tools');
  addToolsOfItems(request.input, offered);
  const { tools, choice } = chosenTools(offered, request.tool_choice);
  offered.ignoreGrammars(choice !== 'auto' && choice !== 'none');
  const input = nativeInput(request.input, { before, tools: offered, ignored, storedItem });
  if (before.length + input.length === 0) throw refuse('input is required');
  addIgnoredFields(request, ignored);
  const format = nativeFormat(request);
  const wantsLogprobs = include.includes(LOGPROBS) || request.top_logprobs !== undefined;
  const chat: ChatRequest = {
    ...(model !== undefined && { model }),
    messages: [...(instructions ? [{ role: 'system', content: instructions }] : []), ...before, ...input],
    options: samplingOptions({ ...request, ...mostTokens(request) }),
    verbose_metrics: true,
    ...(tools.length > 0 && { tools: [...tools], areToolsOptional: true }),
    ...(choice !== 'auto' && { tool_choice: choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...askedThinking(request, ignored),
    ...nativeStreamFields(request, ignored),
    ...(format !== undefined && { format, formatField: 'text.format' }),
    ...(truncation === 'disabled' && { truncate: false }),
    ...(wantsLogprobs && { logprobs: true, top_logprobs: request.top_logprobs ?? 0 }),
    ...(keep_alive !== undefined && { keep_alive }),
    ...(cache_salt !== undefined && { cache_salt }),
  };
  return { chat, tools: offered };
}

function mostTokens({ max_output_tokens: most }: ResponsesRequest): { max_tokens?: number } {
  return most === undefined ? {} : { max_tokens: most };
}

function nativeFormat({ text }: ResponsesRequest): 'json' | JsonObject | undefined {
  const { type = 'text', schema } = text?.format ?? {};
  if (type === 'text') return undefined;
  if (type === 'json_object') return 'json';
  if (type === 'json_schema' && schema) return schema;
  throw refuse('text.format must be "text", "json_object", or "json_schema" with a schema');
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
