import { z } from 'zod';
import { jsonObjectSchema, listOf, recordOf } from '../../../api/bounded.ts';
import type { ChatRequest } from '../../../api/chat.ts';
import type { Message, Tool } from '../../../api/common.ts';
import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import { keepAliveSchema } from '../../../api/keep-alive.ts';
import { optionsSchema } from '../../../api/options/options.ts';
import { refusedField } from '../../../api/refused-field.ts';
import { requestObject } from '../../../api/request-object.ts';
import { OllamaError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json-object.ts';
import { samplingOptions } from '../sampling-fields.ts';
import { askedThinking, reasoningFields, thinkingFields } from '../thinking-fields.ts';
import { toolsAndChoice } from '../tool-choice.ts';
import { nativeTool } from '../tools.ts';
import { inputSchema, nativeInput } from './input-items.ts';

const MAX_TOOLS = 1000;
/** Members of `metadata`, of which OpenAI accepts 16, and of `include`. */
const MAX_MEMBERS = 100;
const MAX_TOP_LOGPROBS = 20;
const LOGPROBS = 'message.output_text.logprobs';
/** Accepted values of `include`. Encrypted reasoning is accepted but never sent. */
const includable = [LOGPROBS, 'reasoning.encrypted_content'];

const toolSchema = requestObject({
  type: z.string().default('function'),
  name: z.string().exactOptional(),
  description: z.string().exactOptional(),
  parameters: jsonObjectSchema.exactOptional(),
  strict: z.boolean().exactOptional(),
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
  max_output_tokens: z.int().min(1).exactOptional(),
  temperature: z.number().exactOptional(),
  top_p: z.number().exactOptional(),
  ...thinkingFields,
  reasoning: requestObject({ ...reasoningFields, summary: z.string().exactOptional() }).exactOptional(),
  text: requestObject({ format: formatSchema.exactOptional() }).exactOptional(),
  tools: listOf(toolSchema, MAX_TOOLS).exactOptional(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().exactOptional(),
  truncation: z.enum(['auto', 'disabled']).exactOptional(),
  top_logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).exactOptional(),
  include: listOf(z.string(), MAX_MEMBERS).exactOptional(),
  store: z.boolean().exactOptional(),
  previous_response_id: z.string().exactOptional(),
  metadata: recordOf(z.string(), MAX_MEMBERS).exactOptional(),
  background: z.literal(false, { error: 'not supported: leave it out' }).exactOptional(),
  conversation: refusedField('conversation', 'use "previous_response_id"'),
  prompt: refusedField('prompt', 'use "instructions" and "input"'),
  options: optionsSchema.exactOptional(),
  keep_alive: keepAliveSchema.exactOptional(),
});

export type ResponsesRequest = z.infer<typeof responsesSchema>;

/**
 * Converts a request to the native API.
 * @param before the conversation that `previous_response_id` refers to
 * @param ignored gets the parts that are left out
 * @throws OllamaError `invalid-request` for fields that cannot be honoured
 */
export function nativeResponsesRequest(
  request: ResponsesRequest,
  before: readonly Message[],
  ignored: IgnoredParts,
): ChatRequest {
  const { model, instructions, parallel_tool_calls, keep_alive, truncation, include = [] } = request;
  const { tools, choice } = toolsAndChoice(nativeTools(request), request.tool_choice);
  const input = nativeInput(request.input, before);
  if (before.length + input.length === 0) throw refuse('input is required');
  const unknown = include.find((name) => !includable.includes(name));
  if (unknown !== undefined) throw refuse(`include: "${unknown}" is not supported`);
  const format = nativeFormat(request);
  const wantsLogprobs = include.includes(LOGPROBS) || request.top_logprobs !== undefined;
  return {
    ...(model !== undefined && { model }),
    messages: [...(instructions ? [{ role: 'system', content: instructions }] : []), ...before, ...input],
    options: samplingOptions({
      ...request,
      ...(request.max_output_tokens !== undefined && { max_tokens: request.max_output_tokens }),
    }),
    verbose_metrics: true,
    ...(tools.length > 0 && { tools: [...tools] }),
    ...(choice !== 'auto' && { tool_choice: choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...askedThinking(request, ignored),
    ...(format !== undefined && { format }),
    ...(truncation !== undefined && { truncate: truncation === 'auto' }),
    ...(wantsLogprobs && { logprobs: true, top_logprobs: request.top_logprobs ?? 0 }),
    ...(keep_alive !== undefined && { keep_alive }),
  };
}

function nativeTools({ tools = [] }: ResponsesRequest): Tool[] {
  return tools.map(({ type, name, ...called }) => {
    if (type === 'function' && name !== undefined) return nativeTool({ name, ...called });
    throw refuse(`tools: type "${type}" is not supported: use "function"`);
  });
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
