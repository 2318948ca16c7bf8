import { z } from 'zod';
import { jsonObjectSchema, listOf } from '../../api/bounded.ts';
import { cacheSaltSchema } from '../../api/cache-salt.ts';
import type { ChatRequest } from '../../api/chat.ts';
import type { Message } from '../../api/common.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { keepAliveSchema } from '../../api/keep-alive.ts';
import { optionsSchema, parseOptions } from '../../api/options/options.ts';
import { requestObject } from '../../api/request-object.ts';
import type { Think } from '../../api/think.ts';
import { OllamaError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { imageFields } from '../plain-content.ts';
import { plainBlocks } from './block-text.ts';
import { blocksSchema } from './content.ts';
import { DeclaredTools, toolChoiceSchema, toolsSchema } from './declared-tools.ts';
import { messagesSchema, nativeMessages, systemBlocks } from './messages.ts';

/** More than the option `stop` accepts, which tells the real limit. */
const MAX_STOP_SEQUENCES = 1000;

/** An unknown type is treated as "adaptive": the model decides. */
const thinkingSchema = requestObject({
  type: z.string(),
  budget_tokens: z.int().min(0).exactOptional(),
  display: z.string().exactOptional(),
});

const efforts: Readonly<Record<string, Think>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'max',
};

const formatSchema = requestObject({ type: z.literal('json_schema'), schema: jsonObjectSchema });

const outputSchema = requestObject({
  effort: z.string().exactOptional(),
  format: formatSchema.exactOptional(),
});

/** More than anyone has; it bounds our loops. */
const MAX_MCP_SERVERS = 1000;

const mcpServerSchema = requestObject({
  name: z.string().default('unnamed'),
  type: z.unknown().optional(),
  url: z.unknown().optional(),
  authorization_token: z.unknown().optional(),
  tool_configuration: z.unknown().optional(),
});

/** Fields that determine the prompt, used for answering and for counting tokens. */
const promptFields = {
  model: z.string().exactOptional(),
  messages: messagesSchema.exactOptional(),
  system: blocksSchema.exactOptional(),
  tools: toolsSchema.exactOptional(),
  tool_choice: toolChoiceSchema.exactOptional(),
  thinking: thinkingSchema.exactOptional(),
  output_config: outputSchema.exactOptional(),
  /** The older place of `output_config.format`. */
  output_format: formatSchema.exactOptional(),
  /** Tools of other servers, which are left out. */
  mcp_servers: listOf(mcpServerSchema, MAX_MCP_SERVERS).exactOptional(),
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
  /** Extensions, as in the native API. */
  options: optionsSchema.exactOptional(),
  keep_alive: keepAliveSchema.exactOptional(),
  cache_salt: cacheSaltSchema.exactOptional(),
});

export type MessagesRequest = z.infer<typeof messagesRequestSchema>;
type PromptRequest = z.infer<typeof countTokensSchema>;

/**
 * Converts a request to the native API.
 * @param ignored gets the parts that are left out
 * @throws OllamaError `invalid-request` for what cannot be left out without making the answer a lie
 */
export function nativeMessagesRequest(request: MessagesRequest, ignored: IgnoredParts): ChatRequest {
  const { max_tokens: most, keep_alive, cache_salt, options = {} } = request;
  if (!request.model) throw refuse('model is required');
  if (most === undefined) throw refuse('max_tokens is required and must be positive');
  return {
    ...nativePrompt(request, ignored),
    verbose_metrics: true,
    options: {
      ...options,
      ...parseOptions({
        // As elsewhere, 0 and -1 set no limit.
        ...(most > 0 && { num_predict: most }),
        temperature: request.temperature,
        top_p: request.top_p,
        top_k: request.top_k,
        stop: request.stop_sequences,
      }),
    },
    ...(keep_alive !== undefined && { keep_alive }),
    ...(cache_salt !== undefined && { cache_salt }),
  };
}

/**
 * Converts the prompt fields to the native API.
 * @param ignored gets the parts that are left out
 * @throws OllamaError `invalid-request` for what cannot be left out without making the answer a lie
 */
export function nativePrompt(request: PromptRequest, ignored: IgnoredParts): ChatRequest {
  const { model, messages, tool_choice: choice, output_config: output } = request;
  if (!messages || messages.length === 0) throw refuse('messages is required');
  const servers = request.mcp_servers ?? [];
  for (const [index, { name }] of servers.entries()) ignored.add(`mcp_servers[${index}] (${name})`);
  const declared = new DeclaredTools(request.tools ?? [], ignored);
  const conversation = [
    ...systemMessages(request, declared, ignored),
    ...nativeMessages(messages, declared, ignored),
  ];
  const tools = declared.native(choice);
  const format: JsonObject | undefined = (output?.format ?? request.output_format)?.schema;
  return {
    ...(model !== undefined && { model }),
    messages: conversation,
    ...(tools.length > 0 && { tools, areToolsOptional: true }),
    ...(choice && choice.type !== 'auto' && { tool_choice: declared.choice(choice, tools) }),
    ...(choice?.disable_parallel_tool_use && { parallel_tool_calls: false }),
    ...thinkingOf(request, ignored),
    ...(hasCacheMarks(request) && { hasCacheMarks: true }),
    ...(format && { format, formatField: output?.format ? 'output_config.format' : 'output_format' }),
  };
}

function hasCacheMarks(request: PromptRequest): boolean {
  const { system = [], messages = [], tools = [] } = request;
  const blocks = [system, ...messages.map(({ content }) => content)].flat();
  return [request, ...tools, ...blocks].some((part) => (part.cache_control ?? undefined) !== undefined);
}

function systemMessages(
  { system = [] }: PromptRequest,
  tools: DeclaredTools,
  ignored: IgnoredParts,
): Message[] {
  const place = { path: 'system', isAsked: false, ignored };
  const plain = plainBlocks(systemBlocks(system), place, tools);
  return plain.content === '' ? [] : [{ role: 'system', content: plain.content, ...imageFields(plain) }];
}

/** No fields leave thinking to the default of the model. */
function thinkingOf(
  { thinking, output_config: output }: PromptRequest,
  ignored: IgnoredParts,
): Pick<ChatRequest, 'think' | 'thinkField' | 'think_budget'> {
  if (thinking?.type === 'disabled') return { think: false };
  const asked = output?.effort?.toLowerCase();
  const effort = asked === undefined ? undefined : efforts[asked];
  if (asked !== undefined && effort === undefined) ignored.add('output_config.effort');
  if (thinking?.type !== 'enabled') {
    return effort === undefined ? {} : { think: effort, thinkField: 'output_config.effort' };
  }
  const { budget_tokens: budget } = thinking;
  return {
    think: effort ?? true,
    thinkField: 'thinking',
    ...(budget !== undefined && { think_budget: budget }),
  };
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
