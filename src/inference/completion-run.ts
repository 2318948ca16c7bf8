import { performance } from 'node:perf_hooks';
import type { ChatRequest } from '../api/chat.ts';
import type { ChunkFields } from '../api/common.ts';
import type { GenerateRequest } from '../api/generate.ts';
import { OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { ChatTemplates } from '../chat/chat-templates.ts';
import type { CompletionEvent, CompletionRequest } from '../runner/protocol.ts';
import type { Lease } from '../scheduler/lease.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import type { EffectiveOptions } from './effective-options.ts';
import { metricsOf, wireLogprobs } from './metrics.ts';
import { type Prompt, PromptBuilder } from './prompt.ts';
import type { RunPlan } from './run-plan.ts';

/** What a run tells beside its chunks, before the first of them. */
export interface RunNotices {
  /** Called when messages or tokens were left out to fit the context. */
  promptTruncated?(): void;
}

type RunRequest = GenerateRequest | ChatRequest;

export interface CompletionPlan<Text extends object> extends RunPlan {
  readonly request: RunRequest;
  readonly options: EffectiveOptions;
  readonly writer: ChunkWriter<Text>;
  /** What is computed for one salt is never reused for another. */
  readonly cacheSalt?: string;
  /** `performance.now()` when the request came. */
  readonly started: number;
}

export interface RunSurroundings {
  readonly lease: Lease;
  readonly templates: ChatTemplates;
  readonly logger: Logger;
  readonly notices: RunNotices;
  readonly signal: AbortSignal;
}

/**
 * One prompt to its chunks. The last chunk is `done`; whoever holds the lease releases it.
 * @throws OllamaError `prompt-too-long`, `runner-failed`, `canceled`
 */
export async function* runCompletion<Text extends object>(
  plan: CompletionPlan<Text>,
  { lease, templates, logger, notices, signal }: RunSurroundings,
): AsyncGenerator<ChunkFields & Text> {
  const { runner } = lease;
  const contextLength = Math.min(plan.options.contextLength, runner.facts.contextLength);
  const limits = {
    contextLength,
    truncate: plan.request.truncate ?? true,
    shift: plan.request.shift ?? true,
    keep: plan.options.keep,
  };
  const prompt = await plan.buildPrompt(new PromptBuilder({ runner, templates, limits }));
  const truncated = prompt.droppedMessages > 0 || prompt.removedTokens > 0;
  if (truncated) {
    const { droppedMessages, removedTokens } = prompt;
    logger.warn('prompt truncated to fit the context', { contextLength, droppedMessages, removedTokens });
    notices.promptTruncated?.();
  }
  if (plan.request._debug_render_only) {
    yield plan.writer.rendered(prompt.text);
    return;
  }
  const toChunk = (event: CompletionEvent) =>
    event.type === 'text'
      ? plan.writer.text(event.text, event.logprobs && wireLogprobs(event.logprobs))
      : plan.writer.finished({
          reason: event.reason,
          truncated,
          tokens: [...prompt.tokens, ...event.tokens],
          metrics: metricsOf({
            totalMilliseconds: performance.now() - plan.started,
            loadNanoseconds: lease.loadNanoseconds,
            timings: event.timings,
          }),
        });
  for await (const event of runner.complete(completionRequest(plan, prompt, contextLength), signal)) {
    yield toChunk(event);
    if (event.type === 'done') return;
  }
  throw new OllamaError('runner-failed', 'the model runner ended the completion without a result');
}

function completionRequest(
  { request, options, grammar: formatGrammar, stop, cacheSalt }: CompletionPlan<object>,
  prompt: Prompt,
  contextLength: number,
): CompletionRequest {
  const grammar = formatGrammar ?? options.grammar;
  const keep = options.keep < 0 ? prompt.tokens.length : options.keep;
  return {
    prompt: prompt.tokens,
    sampling: options.sampling,
    stop: [...options.stop, ...stop],
    ...(options.bannedStrings.length > 0 && { bannedStrings: options.bannedStrings }),
    maxTokens: options.maxTokens,
    // Something must be left to drop when the context is full.
    keep: Math.min(keep, contextLength >> 1),
    shift: !options.fillsContext && (request.shift ?? true),
    ...(options.draftTokens !== undefined && { draftTokens: options.draftTokens }),
    ...(grammar !== undefined && { grammar }),
    ...(cacheSalt !== undefined && { cacheSalt }),
    ...(request.logprobs && { topLogprobs: request.top_logprobs ?? 0 }),
  };
}
