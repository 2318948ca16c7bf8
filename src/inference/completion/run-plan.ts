import type { ChatRequest } from '../../api/chat.ts';
import type { Message, Tool } from '../../api/common.ts';
import type { GenerateRequest } from '../../api/generate.ts';
import type { Think } from '../../api/think.ts';
import { type AnswerGrammar, callableTools } from '../../chat/answer/answer-grammar.ts';
import { likelyKept } from '../../chat/context-budget.ts';
import type { Reading } from '../../chat/format/chat-format.ts';
import { textReading } from '../../chat/format/text-reading.ts';
import { isInstruction } from '../../chat/shape/shaped-messages.ts';
import type { AnswerDemand } from '../../chat/work/chat-tasks.ts';
import type { ChatWork, WorkOrder } from '../../chat/work/chat-work.ts';
import { aboutField } from '../../grammar/schema/refusal.ts';
import type { Model } from '../../models/model.ts';
import type { EffectiveOptions } from '../loading/effective-options.ts';
import { type Medium, mediaOf } from '../media/medium.ts';
import type { RequestMedia } from '../media/request-media.ts';
import { requireBegunAnswer } from './begun-answer.ts';
import * as checks from './checks.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import { readableHistory, storedHistory } from './history.ts';
import { requireAccepted } from './media-checks.ts';
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

/** How an answer in JSON is written, if `format` or tools demand one. */
type AnswerStyle = Pick<AnswerDemand, 'fixedSpaces'>;

/** What a request asks of a model, after the checks. */
export interface RunPlan {
  /**
   * The pictures and sounds that the prompt will most likely contain, in order.
   * @param contextLength the longest that the request can get, in tokens
   */
  readonly media: (contextLength: number) => readonly Medium[];
  /** Stop texts in addition to those of the options. */
  readonly stop: readonly string[];
  readonly demand: AnswerDemand;
  readonly buildPrompt: (builder: PromptBuilder) => Promise<Prompt>;
  /** @param prompt the rendered prompt */
  readonly read: (prompt: string) => Reading;
  /**
   * The grammar of the answer, if the request constrains it.
   * @param prompt the rendered prompt
   * @param style how the JSON is to be written
   * @throws OllamaError `invalid-request` when no grammar can enforce what the request demands of the answer
   */
  readonly grammar: (prompt: string, style: AnswerStyle) => Promise<AnswerGrammar>;
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
  readonly prepared: RequestMedia;
  /** States in the prefix cache are never shared between different salts. */
  readonly cacheSalt?: string | undefined;
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
  const media = mediaOf([illustrated('', request)]);
  requireAccepted(model, media);
  checks.requireNoRawConflict(request);
  checks.requireThinking(model, request);
  checks.requireCompletion(model, request, 'generate');
  checks.requireInsert(model, request);
  checks.requireKnownTokens(model, request.context ?? []);
  checks.requireOneGrammar(request);
  const demand = { ...(await checkedFormat(request, work, order)), ...noTools };
  const { prompt = '', suffix } = request;
  const text = (build: RunPlan['buildPrompt']) =>
    textPlan({ demand, media: () => media }, build, parts, order);
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
      promptTokens ? builder.fromTokens(promptTokens) : builder.fromText(prompt, media),
    );
    return promptLogprobs === undefined ? plan : { ...plan, promptLogprobs };
  }
  const system = request.system || model.system;
  const messages: Message[] = [
    ...(system ? [{ role: 'system', content: system }] : []),
    ...(request.context?.length ? [] : storedHistory(model)),
    illustrated(prompt, request),
  ];
  return messagesPlan(demand, {
    format: await formats.of(model, { template: request.template }, order),
    messages,
    tools: [],
    think: thinkOf(model, request.think),
    ...(request.context?.length && { context: request.context }),
  });
}

/** The user's turn, with the media of the request. */
function illustrated(content: string, { images = [] }: GenerateRequest): Message {
  const imagePlaces = images.map((_, index) => `images[${index}]`);
  return { role: 'user', content, ...(images.length > 0 && { images, imagePlaces }) };
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
  const { chat_template_kwargs: templateArguments, continue_final_message: isContinued = false } = request;
  if (isContinued) requireBegunAnswer(asked);
  const withSystem = model.system !== '' && !(asked[0] && isInstruction(asked[0]));
  const messages: Message[] = [
    ...(withSystem ? [{ role: 'system', content: model.system }] : []),
    ...storedHistory(model),
    ...asked,
  ];
  const plan = messagesPlan(demand, {
    format: await formats.of(model, { hasTools: tools.length > 0 }, order),
    messages: formats.history(model, messages),
    tools,
    think: thinkOf(model, request.think),
    isContinued,
    ...(templateArguments && { templateArguments }),
  });
  return {
    ...plan,
    grammar: async (prompt, style) => inField(await plan.grammar(prompt, style), formatField(request)),
  };
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
  { demand, media }: Pick<RunPlan, 'demand' | 'media'>,
  buildPrompt: RunPlan['buildPrompt'],
  { work }: PlanParts,
  order: WorkOrder,
): RunPlan {
  const grammar: RunPlan['grammar'] = async (_prompt, style) =>
    isFree(demand) ? unconstrained : work('answerGrammar', { demand: { ...demand, ...style } }, order);
  return { media, demand, stop: [], buildPrompt, read: textReading, grammar };
}

function messagesPlan(demand: AnswerDemand, input: ChatPromptInput): RunPlan {
  const { format, messages, tools, think } = input;
  const parserInput = { tools, think, lastMessage: messages.at(-1) };
  const written = { ...input, tools: tools.filter(({ isInMessages }) => !isInMessages) };
  return {
    media: (contextLength) => mediaOf(likelyKept(messages, contextLength)),
    demand,
    ...(format.failure !== undefined && { templateFailure: format.failure }),
    stop: format.stop(messages),
    buildPrompt: (builder) => builder.fromMessages(written),
    read: (prompt) => format.read(parserInput, prompt),
    grammar: async (prompt, style) =>
      isFree(demand) ? unconstrained : format.grammar({ ...demand, ...style }, parserInput, prompt),
  };
}

const unconstrained: AnswerGrammar = { leftOut: [] };

/** Whether any text may be the answer. */
function isFree({ format, toolChoice }: AnswerDemand): boolean {
  return format === undefined && (toolChoice === 'auto' || toolChoice === 'none');
}
