/** Native requests as those of Anthropic's API (https://docs.anthropic.com/en/api/messages). */
import type { ChatRequest } from '../../../api/chat.ts';
import type { Tool } from '../../../api/common.ts';
import type { ToolChoice } from '../../../api/tool-choice.ts';
import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import type { Addressee, AskedRun, UpstreamCall } from '../dialect.ts';
import { notPassedOn } from '../not-passed-on.ts';
import { thinkingBudget } from '../thinking-budget.ts';
import { anthropicMessages } from './messages.ts';
import { AnthropicReader } from './reader.ts';

/** The API demands a limit. All of its models that are still served allow this many tokens. */
const DEFAULT_MAX_TOKENS = 8192;
/** Bounds of the API. */
const LEAST_THINKING_TOKENS = 1024;
const MAX_TEMPERATURE = 1;

export function anthropicRun({ kind, request }: AskedRun, to: Addressee): UpstreamCall {
  if (kind === 'chat') return chatCall(request, to);
  const { prompt = '', system, images } = request;
  if (request.raw || request.suffix !== undefined) {
    throw notPassedOn(to, request.raw ? 'raw' : 'suffix', "Anthropic's API continues conversations only");
  }
  if (request.context?.length)
    throw notPassedOn(to, 'context', 'the tokens of one model mean nothing to another');
  if (request.template) throw notPassedOn(to, 'template', 'prompts are written by the upstream');
  const messages = [
    ...(system ? [{ role: 'system', content: system }] : []),
    { role: 'user', content: prompt, ...(images && { images }) },
  ];
  return chatCall({ ...request, messages }, to);
}

function chatCall(request: ChatRequest, to: Addressee): UpstreamCall {
  const { options = {}, format } = request;
  if (typeof format === 'string' && format !== '') {
    throw notPassedOn(to, 'format', "Anthropic's API enforces schemas only: send a JSON schema");
  }
  const conversation = anthropicMessages(request.messages ?? [], to);
  const limit =
    options.num_predict !== undefined && options.num_predict > 0 ? options.num_predict : undefined;
  const most = limit ?? DEFAULT_MAX_TOKENS;
  const offered = offeredTools(request);
  const isForced =
    offered.tool_choice !== undefined && ['any', 'tool'].includes(String(offered.tool_choice.type));
  const mayThink = !isForced && !conversation.isWithinCalls && most > LEAST_THINKING_TOKENS;
  const budget = thinkingBudget(request.think, request.think_budget);
  const thinks = budget !== undefined && mayThink;
  const sampled = sampling(request, thinks);
  return {
    path: '/v1/messages',
    body: {
      ...{ model: to.model, max_tokens: most, messages: conversation.messages, stream: true },
      ...(conversation.system !== '' && { system: conversation.system }),
      ...sampled.body,
      ...offered,
      ...(thinks && { thinking: { type: 'enabled', budget_tokens: allowedBudget(budget, most) } }),
      ...(isJsonObject(format) && { output_config: { format: { type: 'json_schema', schema: format } } }),
    },
    ignored: [
      ...sampled.ignored,
      ...conversation.ignored,
      ...(budget !== undefined && !thinks ? ['think'] : []),
      ...leftOut(request),
    ],
    ...(limit === undefined && { answerLimit: DEFAULT_MAX_TOKENS }),
    framing: 'sse',
    reader: () => new AnthropicReader(),
  };
}

function allowedBudget(budget: number, most: number): number {
  return Math.max(LEAST_THINKING_TOKENS, Math.min(budget, most - 1));
}

interface MappedOptions {
  readonly body: JsonObject;
  readonly ignored: readonly string[];
}

function sampling({ options = {} }: ChatRequest, thinks: boolean): MappedOptions {
  const { num_predict: _limit, stop, ...others } = options;
  const body: JsonObject = stop && stop.length > 0 ? { stop_sequences: stop } : {};
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(others)) {
    if (value === undefined || isUsual(name, value)) continue;
    if (isAccepted(name, value, thinks)) body[name] = value;
    else ignored.push(`options.${name}`);
  }
  return { body, ignored };
}

/** 1 is the default of both, and some models refuse one beside the other. */
function isUsual(name: string, value: unknown): boolean {
  return (name === 'temperature' || name === 'top_p') && value === 1;
}

/** While it thinks, the API refuses most options of sampling. */
function isAccepted(name: string, value: unknown, thinks: boolean): boolean {
  if (thinks) return false;
  if (name === 'temperature') return Number(value) <= MAX_TEMPERATURE;
  return name === 'top_k' || name === 'top_p';
}

interface OfferedTools {
  readonly tools?: readonly JsonObject[];
  readonly tool_choice?: JsonObject;
}

function offeredTools(request: ChatRequest): OfferedTools {
  const { tools = [], tool_choice: choice, parallel_tool_calls: isParallel } = request;
  if (tools.length === 0) return {};
  const chosen = toolChoice(choice, isParallel === false);
  return { tools: tools.map(wireTool), ...(chosen && { tool_choice: chosen }) };
}

function wireTool({ function: { name, description, parameters } }: Tool): JsonObject {
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: parameters?.type === undefined ? { type: 'object', ...parameters } : parameters,
  };
}

function toolChoice(choice: ToolChoice | undefined, isSingle: boolean): JsonObject | undefined {
  if (choice === 'none') return { type: 'none' };
  const single = isSingle ? { disable_parallel_tool_use: true } : {};
  if (choice === 'required') return { type: 'any', ...single };
  if (typeof choice === 'object') return { type: 'tool', name: choice.function.name, ...single };
  return isSingle ? { type: 'auto', ...single } : undefined;
}

function leftOut(request: ChatRequest): string[] {
  const names = [
    ...(['keep_alive', 'truncate', 'shift', 'return_progress', 'logprobs', 'cache_salt'] as const),
    'continue_final_message' as const,
  ];
  const found: string[] = names.filter((name) => {
    const value = request[name];
    // The API always goes on with an answer that has begun.
    return value !== undefined && value !== false && name !== 'continue_final_message';
  });
  const { chat_template_kwargs: variables } = request;
  if (variables && Object.keys(variables).length > 0) found.push('chat_template_kwargs');
  if (request.hasCacheMarks) found.push('cache_control');
  return found;
}
