import { z } from 'zod';
import { jsonObjectSchema, listOf } from '../../api/bounded.ts';
import type { ChatRequest } from '../../api/chat.ts';
import type { Tool } from '../../api/common.ts';
import { keepAliveSchema } from '../../api/keep-alive.ts';
import { optionsSchema, parseOptions } from '../../api/options/options.ts';
import { refusedField } from '../../api/refused-field.ts';
import { requestObject } from '../../api/request-object.ts';
import type { Think } from '../../api/think.ts';
import type { ToolChoice } from '../../api/tool-choice.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { blocksSchema, plainBlocks, refuse } from './content.ts';
import { messagesSchema, nativeMessages } from './messages.ts';

const MAX_TOOLS = 10_000;
/** More than the option `stop` accepts, which tells the real limit. */
const MAX_STOP_SEQUENCES = 1000;

const toolSchema = requestObject({
  type: z.string().exactOptional(),
  name: z.string(),
  description: z.string().exactOptional(),
  input_schema: jsonObjectSchema.exactOptional(),
  cache_control: z.unknown().optional(),
});

const toolChoiceSchema = requestObject({
  type: z.enum(['auto', 'any', 'tool', 'none']),
  name: z.string().exactOptional(),
  disable_parallel_tool_use: z.boolean().exactOptional(),
});

const thinkingSchema = requestObject({
  type: z.enum(['enabled', 'disabled', 'adaptive']),
  budget_tokens: z.int().min(0).exactOptional(),
  display: z.string().exactOptional(),
});

const efforts = { low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'max' } as const;

const outputSchema = requestObject({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).exactOptional(),
  format: requestObject({
    type: z.literal('json_schema'),
    schema: jsonObjectSchema,
  }).exactOptional(),
});

/** Fields that determine the prompt, used for answering and for counting tokens. */
const promptFields = {
  model: z.string().exactOptional(),
  messages: messagesSchema.exactOptional(),
  system: blocksSchema.exactOptional(),
  tools: listOf(toolSchema, MAX_TOOLS).exactOptional(),
  tool_choice: toolChoiceSchema.exactOptional(),
  thinking: thinkingSchema.exactOptional(),
  output_config: outputSchema.exactOptional(),
  cache_control: z.unknown().optional(),
};

/** POST /v1/messages/count_tokens */
export const countTokensSchema = requestObject(promptFields);

/** POST /v1/messages (https://docs.anthropic.com/en/api/messages) */
export const messagesRequestSchema = requestObject({
  ...promptFields,
  max_tokens: z.int().exactOptional(),
  stream: z.boolean().exactOptional(),
  temperature: z.number().exactOptional(),
  top_p: z.number().exactOptional(),
  top_k: z.int().exactOptional(),
  stop_sequences: listOf(z.string(), MAX_STOP_SEQUENCES).exactOptional(),
  container: refusedField('container'),
  mcp_servers: refusedField('mcp_servers'),
  /** Extensions, as in the native API. */
  options: optionsSchema.exactOptional(),
  keep_alive: keepAliveSchema.exactOptional(),
});

export type MessagesRequest = z.infer<typeof messagesRequestSchema>;
type PromptRequest = z.infer<typeof countTokensSchema>;

/** Converts a request to the native API. @throws OllamaError `invalid-request` for fields that cannot be honoured */
export function nativeMessagesRequest(request: MessagesRequest): ChatRequest {
  const { max_tokens: most, keep_alive, options = {} } = request;
  if (!request.model) throw refuse('model is required');
  if (most === undefined || most <= 0) throw refuse('max_tokens is required and must be positive');
  return {
    ...nativePrompt(request),
    verbose_metrics: true,
    options: {
      ...options,
      ...parseOptions({
        num_predict: most,
        temperature: request.temperature,
        top_p: request.top_p,
        top_k: request.top_k,
        stop: request.stop_sequences,
      }),
    },
    ...(keep_alive !== undefined && { keep_alive }),
  };
}

/**
 * Converts the prompt fields to the native API.
 * @throws OllamaError `invalid-request` for fields that cannot be honoured
 */
export function nativePrompt(request: PromptRequest): ChatRequest {
  const { model, messages, system, tool_choice: choice, thinking, output_config: output } = request;
  if (!messages || messages.length === 0) throw refuse('messages is required');
  const instructions = plainBlocks(system).content;
  const think = thinkOf(request);
  const budget = thinking?.type === 'enabled' ? thinking.budget_tokens : undefined;
  const tools = (request.tools ?? []).map(nativeTool);
  const format: JsonObject | undefined = output?.format?.schema;
  return {
    ...(model !== undefined && { model }),
    messages: [
      ...(instructions === '' ? [] : [{ role: 'system', content: instructions }]),
      ...nativeMessages(messages),
    ],
    ...(tools.length > 0 && { tools }),
    ...(choice && choice.type !== 'auto' && { tool_choice: nativeChoice(choice) }),
    ...(choice?.disable_parallel_tool_use && { parallel_tool_calls: false }),
    ...(think !== undefined && { think }),
    ...(think && { thinkField: thinking?.type === 'enabled' ? 'thinking' : 'output_config.effort' }),
    ...(budget !== undefined && { think_budget: budget }),
    ...(format && { format }),
  };
}

/** Undefined leaves thinking to the default of the model. */
function thinkOf({ thinking, output_config: output }: PromptRequest): Think | undefined {
  if (thinking?.type === 'disabled') return false;
  const effort = output?.effort && efforts[output.effort];
  if (thinking?.type === 'enabled') return effort ?? true;
  return effort;
}

function nativeTool({
  type = 'custom',
  name,
  description,
  input_schema: parameters,
}: z.infer<typeof toolSchema>): Tool {
  if (type !== 'custom')
    throw refuse(`tools: type "${type}" is not supported: use tools with an "input_schema"`);
  return {
    type: 'function',
    function: { name, ...(description !== undefined && { description }), ...(parameters && { parameters }) },
  };
}

function nativeChoice({ type, name }: z.infer<typeof toolChoiceSchema>): ToolChoice {
  if (type === 'any') return 'required';
  if (type === 'none') return 'none';
  if (name === undefined) throw refuse('tool_choice: "name" is required for the type "tool"');
  return { type: 'function', function: { name } };
}
