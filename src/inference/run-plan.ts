import type { ChatRequest } from '../api/chat.ts';
import type { Message } from '../api/common.ts';
import type { GenerateRequest } from '../api/generate.ts';
import type { Logger } from '../base/logger.ts';
import { plainPromptStops } from '../chat/plain-prompt.ts';
import type { Model } from '../models/model.ts';
import { chatTemplateOf } from './chat-template.ts';
import * as checks from './checks.ts';
import type { ChatPromptInput, Prompt, PromptBuilder } from './prompt.ts';

/** What a request asks of a model, checked. */
export interface RunPlan {
  /** GBNF. */
  readonly grammar: string | undefined;
  /** Added to the options' own. */
  readonly stop: readonly string[];
  readonly buildPrompt: (builder: PromptBuilder) => Promise<Prompt>;
}

/** @throws OllamaError `invalid-request` for what the model cannot do, in the order of Ollama's own checks */
export function planGenerate(model: Model, request: GenerateRequest, logger: Logger): RunPlan {
  checks.requireNoImages(model, request.images ?? []);
  checks.requireNoRawConflict(request);
  checks.requireThinking(model, request);
  checks.requireCompletion(model, request, 'generate');
  checks.requireInsert(model, request);
  checks.requireKnownTokens(model, request.context ?? []);
  checks.requireOneGrammar(request);
  const grammar = checks.formatGrammar(request);
  const prompt = request.prompt ?? '';
  const { suffix } = request;
  if (suffix) return { grammar, stop: [], buildPrompt: (builder) => builder.fromInsert(prompt, suffix) };
  if (request.raw) return { grammar, stop: [], buildPrompt: (builder) => builder.fromText(prompt) };
  const system = request.system || model.system;
  const messages: Message[] = [
    ...(system ? [{ role: 'system', content: system }] : []),
    ...(request.context?.length ? [] : model.messages),
    { role: 'user', content: prompt },
  ];
  const chatTemplate = chatTemplateOf(model, request.template, logger);
  return {
    grammar,
    ...messagesPlan(messages, chatTemplate, {
      ...(request.think !== undefined && { think: request.think }),
      ...(request.context?.length && { context: request.context }),
    }),
  };
}

/** @throws OllamaError `invalid-request` for what the model cannot do */
export function planChat(model: Model, request: ChatRequest, logger: Logger): RunPlan {
  const asked = request.messages ?? [];
  checks.requireThinking(model, request);
  checks.requireCompletion(model, request, 'chat');
  checks.requireTools(model, request);
  checks.requireNoImages(
    model,
    asked.flatMap((message) => message.images ?? []),
  );
  checks.requireOneGrammar(request);
  const grammar = checks.formatGrammar(request);
  const withSystem = model.system !== '' && asked[0]?.role !== 'system';
  const messages: Message[] = [
    ...(withSystem ? [{ role: 'system', content: model.system }] : []),
    ...model.messages,
    ...asked,
  ];
  const chatTemplate = chatTemplateOf(model, undefined, logger);
  return {
    grammar,
    ...messagesPlan(messages, chatTemplate, {
      ...(request.think !== undefined && { think: request.think }),
      ...(request.tools && { tools: request.tools }),
    }),
  };
}

function messagesPlan(
  messages: Message[],
  chatTemplate: string | undefined,
  extras: Pick<ChatPromptInput, 'think' | 'tools' | 'context'>,
): Pick<RunPlan, 'stop' | 'buildPrompt'> {
  const isPlainConversation = chatTemplate === undefined && messages.length > 1;
  const input = { messages, ...extras, ...(chatTemplate !== undefined && { chatTemplate }) };
  return {
    stop: isPlainConversation ? plainPromptStops : [],
    buildPrompt: (builder) => builder.fromMessages(input),
  };
}
