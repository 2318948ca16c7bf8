import type { ChatRequest } from '../../api/chat.ts';
import type { Message, Tool } from '../../api/common.ts';
import type { GenerateRequest } from '../../api/generate.ts';
import type { Think } from '../../api/think.ts';
import { type AnswerGrammar, callableTools } from '../../chat/answer/answer-grammar.ts';
import type { Reading } from '../../chat/format/chat-format.ts';
import { textReading } from '../../chat/format/text-reading.ts';
import { isInstruction } from '../../chat/shape/shaped-messages.ts';
import type { AnswerDemand } from '../../chat/work/chat-tasks.ts';
import type { ChatWork, WorkOrder } from '../../chat/work/chat-work.ts';
import { aboutField } from '../../grammar/schema/refusal.ts';
import type { Model } from '../../models/model.ts';
import type { EffectiveOptions } from '../loading/effective-options.ts';
import * as checks from './checks.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import { readableHistory } from './history.ts';
import type { ModelFormats } from './model-formats.ts';
import type { ChatPromptInput, PromptBuilder } from './prompt.ts';
import type { Prompt } from './prompt-tokens.ts';
import { withoutVainTools } from './vain-tools.ts';

/** What plans are built with, kept from request to request. */
export interface PlanParts {
  readonly formats: ModelFormats;
  readonly work: ChatWork;
}

/** What a generate run is asked beside the fields of the native API. */
export interface GenerateExtras {
  /** Tokens that the model reads as they are, in place of the request's prompt; not empty. */
  readonly promptTokens?: readonly number[];
  /** Number of alternatives per token of the prompt to report to the notices; absent = report none. */
  readonly promptLogprobs?: number;
}

/** What a request asks of a model, after the checks. */
export interface RunPlan {
  /** Stop texts in addition to those of the options. */
  readonly stop: readonly string[];
  readonly demand: AnswerDemand;
  readonly buildPrompt: (builder: PromptBuilder) => Promise<Prompt>;
  /** @param prompt the rendered prompt */
  readonly read: (prompt: string) => Reading;
  /**
   * The grammar of the answer, if the request constrains it.
   * @param prompt the rendered prompt
   * @throws OllamaError `invalid-request` when no grammar can enforce what the request demands of the answer
   */
  readonly grammar: (prompt: string) => Promise<AnswerGrammar>;
  /** Number of alternatives per token of the prompt; absent = no log probabilities of the prompt. */
  readonly promptLogprobs?: number;
  /** Why the model's template cannot be used; absent if it can, or is not needed. */
  readonly templateFailure?: string;
}

type RunRequest = GenerateRequest | ChatRequest;

export interface CompletionPlan<Text extends object> extends RunPlan {
  readonly request: RunRequest;
  readonly options: EffectiveOptions;
  readonly writer: ChunkWriter<Text>;
  /** States in the prefix cache are never shared between different salts. */
  readonly cacheSalt?: string;
  /** `performance.now()` when the request arrived. */
  readonly started: number;
}

/** @throws OllamaError `invalid-request` for what the model cannot do, in the order of Ollama's own checks */
export async function planGenerate(
  model: Model,
  request: GenerateRequest,
  parts: PlanParts,
  order: WorkOrder,
  { promptTokens, promptLogprobs }: GenerateExtras = {},
): Promise<RunPlan> {
  const { formats, work } = parts;
  checks.requireNoImages(model, request.images?.length ? ['images'] : []);
  checks.requireNoRawConflict(request);
  checks.requireThinking(model, request);
  checks.requireCompletion(model, request, 'generate');
  checks.requireInsert(model, request);
  checks.requireKnownTokens(model, request.context ?? []);
  checks.requireOneGrammar(request);
  const demand = { ...(await checkedFormat(request, work, order)), ...noTools };
  const { prompt = '', suffix } = request;
  const text = (build: RunPlan['buildPrompt']) => textPlan(demand, build, parts, order);
  if (suffix) {
    const think = thinkOf(model, request.think);
    const written = await formats.insertPrompt(model, { prompt, suffix, think }, order);
    // Without a template, the marker tokens of the vocabulary are used.
    return text((builder) =>
      written === undefined ? builder.fromInsert(prompt, suffix) : builder.fromText(written),
    );
  }
  if (request.raw) {
    const plan = text((builder) =>
      promptTokens ? builder.fromTokens(promptTokens) : builder.fromText(prompt),
    );
    return promptLogprobs === undefined ? plan : { ...plan, promptLogprobs };
  }
  const system = request.system || model.system;
  const messages: Message[] = [
    ...(system ? [{ role: 'system', content: system }] : []),
    ...(request.context?.length ? [] : model.messages),
    { role: 'user', content: prompt },
  ];
  return messagesPlan(demand, {
    format: await formats.of(model, { template: request.template }, order),
    messages,
    tools: [],
    think: thinkOf(model, request.think),
    ...(request.context?.length && { context: request.context }),
  });
}

/**
 * @param ignored gets the name of each part of the request that is left out
 * @throws OllamaError `invalid-request` for what the model cannot do
 */
export async function planChat(
  model: Model,
  received: ChatRequest,
  { formats, work }: PlanParts,
  order: WorkOrder,
  ignored: (name: string) => void,
): Promise<RunPlan> {
  const request = withoutVainTools(model, received, ignored);
  checks.requireThinking(model, request);
  checks.requireCompletion(model, request, 'chat');
  checks.requireTools(model, request);
  const asked = readableHistory(model, request.messages ?? [], ignored);
  checks.requireOneGrammar(request);
  const demand: AnswerDemand = {
    ...(await checkedFormat(request, work, order)),
    tools: request.tools ?? [],
    toolChoice: request.tool_choice ?? 'auto',
    parallelCalls: request.parallel_tool_calls ?? true,
  };
  const tools = callableTools(demand);
  const { chat_template_kwargs: templateArguments } = request;
  const withSystem = model.system !== '' && !(asked[0] && isInstruction(asked[0]));
  const messages: Message[] = [
    ...(withSystem ? [{ role: 'system', content: model.system }] : []),
    ...model.messages,
    ...asked,
  ];
  const plan = messagesPlan(demand, {
    format: await formats.of(model, { hasTools: tools.length > 0 }, order),
    messages: formats.history(model, messages),
    tools,
    think: thinkOf(model, request.think),
    ...(templateArguments && { templateArguments }),
  });
  return { ...plan, grammar: async (prompt) => inField(await plan.grammar(prompt), formatField(request)) };
}

/**
 * The request's `format`, if it constrains the completion. It is checked before the model is loaded.
 * @throws OllamaError `invalid-request` naming the part of a JSON schema that cannot be honoured
 */
async function checkedFormat(
  request: RunRequest,
  work: ChatWork,
  order: WorkOrder,
): Promise<Pick<AnswerDemand, 'format'>> {
  const { format } = request;
  if (format === undefined || format === '') return {};
  try {
    await work('checkFormat', format, order);
  } catch (error) {
    throw aboutField(error, formatField(request));
  }
  return { format };
}

/** Where the client wrote the format. */
function formatField(request: RunRequest): string {
  return ('formatField' in request && request.formatField) || 'format';
}

/** What is left out of a format is named by the field in which the client wrote it. */
function inField(grammar: AnswerGrammar, field: string): AnswerGrammar {
  const leftOut = grammar.leftOut.map((name) => name.replace(/^format(?=[.[]|$)/, () => field));
  return { ...grammar, leftOut };
}

const noTools = { tools: [] as readonly Tool[], toolChoice: 'none', parallelCalls: true } as const;

/** A model that can think does so unless the request turns it off. */
function thinkOf(model: Model, think: Think | undefined): Think | undefined {
  return think ?? (model.capabilities.includes('thinking') ? true : undefined);
}

function textPlan(
  demand: AnswerDemand,
  buildPrompt: RunPlan['buildPrompt'],
  { work }: PlanParts,
  order: WorkOrder,
): RunPlan {
  const grammar = async () => (isFree(demand) ? unconstrained : work('answerGrammar', { demand }, order));
  return { demand, stop: [], buildPrompt, read: textReading, grammar };
}

function messagesPlan(demand: AnswerDemand, input: ChatPromptInput): RunPlan {
  const { format, messages, tools, think } = input;
  const parserInput = { tools, think, lastMessage: messages.at(-1) };
  const written = { ...input, tools: tools.filter(({ isInMessages }) => !isInMessages) };
  return {
    demand,
    ...(format.failure !== undefined && { templateFailure: format.failure }),
    stop: format.stop(messages),
    buildPrompt: (builder) => builder.fromMessages(written),
    read: (prompt) => format.read(parserInput, prompt),
    grammar: async (prompt) => (isFree(demand) ? unconstrained : format.grammar(demand, parserInput, prompt)),
  };
}

const unconstrained: AnswerGrammar = { leftOut: [] };

/** Whether any text may be the answer. */
function isFree({ format, toolChoice }: AnswerDemand): boolean {
  return format === undefined && (toolChoice === 'auto' || toolChoice === 'none');
}
