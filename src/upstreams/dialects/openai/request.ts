/** Native requests as those of OpenAI's API (https://platform.openai.com/docs/api-reference). */
import type { ChatRequest } from '../../../api/chat.ts';
import type { GenerateRequest } from '../../../api/generate.ts';
import type { ModelOptions } from '../../../api/options/options.ts';
import type { JsonObject } from '../../../base/json-object.ts';
import type { Addressee, AskedEmbedding, AskedRun, UpstreamCall } from '../dialect.ts';
import { notPassedOn } from '../not-passed-on.ts';
import { openAiMessages } from './messages.ts';
import { OpenAiReader } from './reader.ts';
import { isStrictSchema } from './strict-schema.ts';

/** The one server that refuses `max_tokens`, for some of its models. Others may not know the newer name. */
const OPENAI_HOST = 'api.openai.com';

/** Options that the API has under another name, or under the same. */
const plainOptions = {
  temperature: 'temperature',
  top_p: 'top_p',
  seed: 'seed',
  presence_penalty: 'presence_penalty',
  frequency_penalty: 'frequency_penalty',
} as const;
/** What vLLM and SGLang have in addition. */
const extendedOptions = {
  top_k: 'top_k',
  min_p: 'min_p',
  repeat_penalty: 'repetition_penalty',
  min_tokens: 'min_tokens',
  ignore_eos: 'ignore_eos',
} as const;

export function openAiRun({ kind, request }: AskedRun, to: Addressee): UpstreamCall {
  if (kind === 'generate') return generateCall(request, to);
  return chatCall(request, to, 'chat');
}

function generateCall(request: GenerateRequest, to: Addressee): UpstreamCall {
  const { prompt = '', suffix, system, images, context, template } = request;
  if (context?.length) throw notPassedOn(to, 'context', 'the tokens of one model mean nothing to another');
  if (template) throw notPassedOn(to, 'template', 'prompts are written by the upstream');
  if (request.raw || suffix !== undefined) return completionCall(request, to);
  const chat: ChatRequest = {
    ...request,
    messages: [
      ...(system ? [{ role: 'system', content: system }] : []),
      { role: 'user', content: prompt, ...(images && { images }) },
    ],
  };
  return chatCall(chat, to, 'generate');
}

/** Text goes on without a template: the older API. */
function completionCall(request: GenerateRequest, to: Addressee): UpstreamCall {
  const { prompt = '', suffix, images, format, system } = request;
  if (images?.length) throw notPassedOn(to, 'images', 'a raw prompt cannot have any');
  if (format && !to.extensions) throw notPassedOn(to, 'format', 'a raw prompt cannot have one');
  const options = sampling(request, to, 'max_tokens');
  const ignored = [...options.ignored, ...commonIgnored(request)];
  if (system) ignored.push('system');
  if (request.think !== undefined) ignored.push('think');
  return {
    path: '/completions',
    body: {
      ...{ model: to.model, prompt, stream: true, stream_options: { include_usage: true } },
      ...(suffix !== undefined && { suffix }),
      ...options.body,
      ...(format && { response_format: responseFormat(format) }),
    },
    ignored: [...ignored, ...(request.logprobs ? ['logprobs'] : [])],
    framing: 'sse',
    reader: () => new OpenAiReader('completion'),
  };
}

function chatCall(request: ChatRequest, to: Addressee, kind: 'chat' | 'generate'): UpstreamCall {
  const { tools = [], tool_choice: choice, format, logprobs, top_logprobs: top } = request;
  const limitField = to.host === OPENAI_HOST ? 'max_completion_tokens' : 'max_tokens';
  const options = sampling(request, to, limitField);
  const conversation = openAiMessages(request.messages ?? [], to);
  const thinking = reasoning(request, to);
  const isOffered = tools.length > 0 && choice !== 'none';
  const ignored = [
    ...options.ignored,
    ...conversation.ignored,
    ...thinking.ignored,
    ...commonIgnored(request),
    ...(kind === 'chat' ? chatIgnored(request, to) : []),
  ];
  return {
    path: '/chat/completions',
    body: {
      ...{ model: to.model, messages: conversation.messages, stream: true },
      stream_options: { include_usage: true },
      ...options.body,
      ...(isOffered && {
        tools: tools.map(({ type, function: called }) => ({ type, function: called })),
        ...(choice !== undefined && { tool_choice: choice }),
        ...(request.parallel_tool_calls !== undefined && {
          parallel_tool_calls: request.parallel_tool_calls,
        }),
      }),
      ...thinking.body,
      ...(format && { response_format: responseFormat(format) }),
      ...(logprobs && { logprobs }),
      ...(logprobs && top !== undefined && top > 0 && { top_logprobs: top }),
      ...(to.extensions && extendedFields(request)),
    },
    ignored,
    framing: 'sse',
    reader: () => new OpenAiReader('chat'),
  };
}

function extendedFields({ continue_final_message: goesOn, cache_salt: salt }: ChatRequest): JsonObject {
  return {
    ...(goesOn && { continue_final_message: true, add_generation_prompt: false }),
    ...(salt !== undefined && { cache_salt: salt }),
  };
}

function responseFormat(format: string | JsonObject): JsonObject {
  if (typeof format === 'string') return { type: 'json_object' };
  const strict = isStrictSchema(format);
  return {
    type: 'json_schema',
    json_schema: { name: 'answer', schema: format, ...(strict && { strict }) },
  };
}

interface MappedPart {
  readonly body: JsonObject;
  readonly ignored: readonly string[];
}

/** Options of sampling. */
function sampling(
  { options = {} }: { readonly options?: ModelOptions },
  { extensions }: Addressee,
  limitField: string,
): MappedPart {
  const { num_predict: limit = 0, stop = [], logit_bias: bias = [], ...others } = options;
  const body: JsonObject = {
    ...(limit > 0 && { [limitField]: limit }),
    ...(stop.length > 0 && { stop }),
  };
  const ignored: string[] = [];
  Object.assign(body, biases(bias, ignored));
  const names: Readonly<Record<string, string>> = extensions
    ? { ...plainOptions, ...extendedOptions }
    : plainOptions;
  for (const [name, value] of Object.entries(others)) {
    if (value === undefined || isUsual(name, value, extensions)) continue;
    const known = Object.hasOwn(names, name) ? names[name] : undefined;
    if (known === undefined) ignored.push(`options.${name}`);
    else body[known] = value;
  }
  return { body, ignored };
}

/** 1 is what OpenAI takes without a value, and some of its models refuse even that. A negative seed is any. */
function isUsual(name: string, value: unknown, extensions: boolean): boolean {
  if (name === 'seed') return Number(value) < 0;
  return !extensions && (name === 'temperature' || name === 'top_p') && value === 1;
}

const NEVER = -100;

/** The native form has pairs of a token, or a text, and a bias; false bans it. */
function biases(pairs: readonly unknown[], ignored: string[]): JsonObject {
  const found: Record<string, number> = {};
  for (const pair of pairs) {
    const [token, bias]: unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof token === 'number') found[token] = typeof bias === 'number' ? bias : NEVER;
    else if (!ignored.includes('options.logit_bias')) ignored.push('options.logit_bias');
  }
  return Object.keys(found).length > 0 ? { logit_bias: found } : {};
}

const efforts = { low: 'low', medium: 'medium', high: 'high', max: 'high' } as const;

function reasoning({ think, think_budget: budget }: ChatRequest, { extensions }: Addressee): MappedPart {
  const ignored = budget === undefined ? [] : ['think_budget'];
  if (think === undefined) return { body: {}, ignored };
  if (extensions && typeof think === 'boolean')
    return { body: { chat_template_kwargs: { enable_thinking: think } }, ignored };
  const reasoning_effort = think === false ? 'none' : efforts[think === true ? 'medium' : think];
  return { body: { reasoning_effort }, ignored };
}

/** Fields that only a server which loads the model itself can honour. */
function commonIgnored(request: GenerateRequest | ChatRequest): string[] {
  const names = ['keep_alive', 'truncate', 'shift', 'return_progress'] as const;
  return names.filter((name) => request[name] !== undefined && request[name] !== false);
}

function chatIgnored(request: ChatRequest, { extensions }: Addressee): string[] {
  const own = ['continue_final_message', 'cache_salt'] as const;
  const ignored: string[] = extensions ? [] : own.filter((name) => request[name]);
  if (request.chat_template_kwargs && Object.keys(request.chat_template_kwargs).length > 0)
    ignored.push('chat_template_kwargs');
  return ignored;
}

export function openAiEmbedding(
  { input, options = {} }: AskedEmbedding,
  to: Addressee,
): Omit<UpstreamCall, 'framing' | 'reader'> {
  return {
    path: '/embeddings',
    // Base64 is a fifth of the digits, and costs nothing to parse.
    body: { model: to.model, input, encoding_format: 'base64' },
    ignored: Object.keys(options).map((name) => `options.${name}`),
  };
}
