import type { ChatRequest } from '../../api/chat.ts';
import type { Message, Tool } from '../../api/common.ts';
import type { GenerateRequest } from '../../api/generate.ts';
import type { Think } from '../../api/think.ts';
import { type AnswerConstraint, callableTools } from '../../chat/answer/answer-grammar.ts';
import type { Reading } from '../../chat/format/chat-format.ts';
import { textReading } from '../../chat/format/text-reading.ts';
import type { CompiledSchemas } from '../../grammar/schema/compiled-schemas.ts';
import type { Model } from '../../models/model.ts';
import type { EffectiveOptions } from '../loading/effective-options.ts';
import * as checks from './checks.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import type { ModelFormats } from './model-formats.ts';
import type { ChatPromptInput, Prompt, PromptBuilder } from './prompt.ts';

/** What plans are built with, kept from request to request. */
export interface PlanParts {
  readonly formats: ModelFormats;
  readonly schemas: CompiledSchemas;
}

/** What a request asks of a model, after the checks. */
export interface RunPlan {
  /** Stop texts in addition to those of the options. */
  readonly stop: readonly string[];
  readonly constraint: AnswerConstraint;
  readonly buildPrompt: (builder: PromptBuilder) => Promise<Prompt>;
  /** @param prompt the rendered prompt */
  readonly read: (prompt: string) => Reading;
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
export function planGenerate(model: Model, request: GenerateRequest, parts: PlanParts): RunPlan {
  const { formats } = parts;
  checks.requireNoImages(model, request.images ?? []);
  checks.requireNoRawConflict(request);
  checks.requireThinking(model, request);
  checks.requireCompletion(model, request, 'generate');
  checks.requireInsert(model, request);
  checks.requireKnownTokens(model, request.context ?? []);
  checks.requireOneGrammar(request);
  const constraint = { ...checks.formatOf(request, parts.schemas), ...noTools };
  const { prompt = '', suffix } = request;
  if (suffix) return insertPlan(model, { ...request, prompt, suffix }, constraint, formats);
  if (request.raw) return textPlan(constraint, (builder) => builder.fromText(prompt));
  const system = request.system || model.system;
  const messages: Message[] = [
    ...(system ? [{ role: 'system', content: system }] : []),
    ...(request.context?.length ? [] : model.messages),
    { role: 'user', content: prompt },
  ];
  return messagesPlan(constraint, {
    format: formats.of(model, request.template),
    messages,
    tools: [],
    think: thinkOf(model, request.think),
    ...(request.context?.length && { context: request.context }),
  });
}

/** Uses the model's template if it supports a suffix, otherwise the marker tokens of its vocabulary. */
function insertPlan(
  model: Model,
  { prompt, suffix, think }: GenerateRequest & { readonly prompt: string; readonly suffix: string },
  constraint: AnswerConstraint,
  formats: ModelFormats,
): RunPlan {
  const template = formats.insertTemplate(model);
  if (!template) return textPlan(constraint, (builder) => builder.fromInsert(prompt, suffix));
  const text = template.renderInsert(prompt, suffix, thinkOf(model, think));
  return textPlan(constraint, (builder) => builder.fromText(text));
}

/** @throws OllamaError `invalid-request` for what the model cannot do */
export function planChat(model: Model, request: ChatRequest, { formats, schemas }: PlanParts): RunPlan {
  const asked = request.messages ?? [];
  checks.requireThinking(model, request);
  checks.requireCompletion(model, request, 'chat');
  checks.requireTools(model, request);
  checks.requireNoImages(
    model,
    asked.flatMap((message) => message.images ?? []),
  );
  checks.requireOneGrammar(request);
  const constraint: AnswerConstraint = {
    ...checks.formatOf(request, schemas),
    tools: request.tools ?? [],
    toolChoice: request.tool_choice ?? 'auto',
    parallelCalls: request.parallel_tool_calls ?? true,
  };
  const withSystem = model.system !== '' && asked[0]?.role !== 'system';
  const messages: Message[] = [
    ...(withSystem ? [{ role: 'system', content: model.system }] : []),
    ...model.messages,
    ...asked,
  ];
  return messagesPlan(constraint, {
    format: formats.of(model),
    messages: formats.history(model, messages),
    tools: callableTools(constraint),
    think: thinkOf(model, request.think),
  });
}

const noTools = { tools: [] as readonly Tool[], toolChoice: 'none', parallelCalls: true } as const;

/** A model that can think does so unless the request turns it off. */
function thinkOf(model: Model, think: Think | undefined): Think | undefined {
  return think ?? (model.capabilities.includes('thinking') ? true : undefined);
}

function textPlan(constraint: AnswerConstraint, buildPrompt: RunPlan['buildPrompt']): RunPlan {
  return { constraint, stop: [], buildPrompt, read: textReading };
}

function messagesPlan(constraint: AnswerConstraint, input: ChatPromptInput): RunPlan {
  const { format, messages, tools, think } = input;
  return {
    constraint,
    stop: format.stop(messages),
    buildPrompt: (builder) => builder.fromMessages(input),
    read: (prompt) => format.read({ tools, think, lastMessage: messages.at(-1) }, prompt),
  };
}
