import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import type { ChatRequest } from '../../api/chat.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import type { CallForm } from './call-form.ts';
import { choiceOfFunction, withoutFunctions } from './legacy-functions.ts';
import { messagesSchema, nativeMessages } from './messages.ts';
import { nativeFormat, responseFormatSchema } from './response-format.ts';
import { nameRouterFields, routerFields } from './router-fields.ts';
import { samplingFields, samplingOptions, tokenLimitSchema } from './sampling-fields.ts';
import { nativeStreamFields, streamFields } from './stream-options.ts';
import { askedThinking, thinkingFields } from './thinking-fields.ts';
import { toolsAndChoice } from './tool-choice.ts';
import { functionsSchema, offeredTools, toolsSchema } from './tools.ts';

const MAX_TOP_LOGPROBS = 20;
/** OpenAI has two. */
const MAX_MODALITIES = 10;

export const chatCompletionFields = {
  ...samplingFields,
  ...streamFields,
  ...thinkingFields,
  ...routerFields,
  messages: messagesSchema.default([]),
  max_completion_tokens: tokenLimitSchema.exactOptional(),
  response_format: responseFormatSchema.exactOptional(),
  tools: toolsSchema.exactOptional(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().exactOptional(),
  /** The older form of `tools` and `tool_choice`. */
  functions: functionsSchema.exactOptional(),
  function_call: z.unknown().optional(),
  logprobs: z.boolean().exactOptional(),
  top_logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).exactOptional(),
  modalities: listOf(z.string(), MAX_MODALITIES).exactOptional(),
  store: z.boolean().exactOptional(),
  service_tier: z.string().exactOptional(),
  verbosity: z.string().exactOptional(),
  /** An extension, as in vLLM. */
  continue_final_message: z.boolean().exactOptional(),
  /** An extension. */
  _debug_render_only: z.boolean().exactOptional(),
};

/** POST /v1/chat/completions (https://platform.openai.com/docs/api-reference/chat/create) */
export const chatCompletionSchema = requestObject(chatCompletionFields);

export type ChatCompletionRequest = z.infer<typeof chatCompletionSchema>;

interface AskedChat {
  readonly native: ChatRequest;
  /** How the answer writes calls. */
  readonly form: CallForm;
}

/**
 * Converts a request to the native API.
 * @param ignored gets the parts that have no effect
 * @throws OllamaError `invalid-request` for fields that cannot be honoured
 */
export function askedChat(request: ChatCompletionRequest, ignored: IgnoredParts): AskedChat {
  if (request.messages.length === 0) {
    throw new OllamaError('invalid-request', "[] is too short - 'messages'");
  }
  nameExtras(request, ignored);
  nameRouterFields(request, ignored);
  const { model, keep_alive, cache_salt, response_format } = request;
  const { logprobs, top_logprobs, continue_final_message, _debug_render_only } = request;
  const { calls, form } = askedCalls(request, ignored);
  const format = response_format && nativeFormat(response_format);
  const native: ChatRequest = {
    ...(model !== undefined && { model }),
    messages: nativeMessages(withoutFunctions(request.messages), ignored),
    options: samplingOptions(request),
    verbose_metrics: true,
    ...calls,
    ...askedThinking(request, ignored),
    ...nativeStreamFields(request, ignored),
    ...(format !== undefined && { format, formatField: 'response_format' }),
    ...(logprobs !== undefined && { logprobs }),
    ...(top_logprobs !== undefined && { top_logprobs }),
    ...(keep_alive !== undefined && { keep_alive }),
    ...(cache_salt !== undefined && { cache_salt }),
    ...(continue_final_message !== undefined && { continue_final_message }),
    ...(_debug_render_only !== undefined && { _debug_render_only }),
  };
  return { native, form };
}

/** Tools, the choice among them, and how many may be called. */
function askedCalls(
  {
    tools: listed = [],
    functions = [],
    tool_choice,
    function_call,
    parallel_tool_calls,
  }: ChatCompletionRequest,
  ignored: IgnoredParts,
): {
  calls: Pick<ChatRequest, 'tools' | 'areToolsOptional' | 'tool_choice' | 'parallel_tool_calls'>;
  form: CallForm;
} {
  const offered = offeredTools(listed, ignored);
  const older = offeredTools(
    functions.map((called) => ({ type: 'function', function: called })),
    ignored,
  );
  const wanted = tool_choice ?? choiceOfFunction(function_call);
  const { tools, choice } = toolsAndChoice([...offered.tools, ...older.tools], wanted);
  // A message has room for one call of a function.
  const isLegacy = functions.length > 0 && listed.length === 0;
  const parallel = isLegacy ? false : parallel_tool_calls;
  return {
    calls: {
      ...(tools.length > 0 && { tools: [...tools], areToolsOptional: true }),
      ...(choice !== 'auto' && { tool_choice: choice }),
      ...(parallel !== undefined && { parallel_tool_calls: parallel }),
    },
    form: { isLegacy, customNames: offered.customNames },
  };
}

/** Answers are text and are not stored, and all are of one tier; whoever asks for something else is told. */
function nameExtras(request: ChatCompletionRequest, ignored: IgnoredParts): void {
  for (const [index, modality] of (request.modalities ?? []).entries()) {
    if (modality !== 'text') ignored.add(`modalities[${index}] (${modality})`);
  }
  if (request.store) ignored.add('store');
  const { service_tier: tier = 'auto', verbosity = 'medium' } = request;
  if (!['auto', 'default'].includes(tier)) ignored.add('service_tier');
  if (verbosity !== 'medium') ignored.add('verbosity');
}
