import { performance } from 'node:perf_hooks';
import type { ChunkFields, PromptLogprob } from '../../api/common.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { CompletionEvent } from '../../protocol/completion.ts';
import type { Lease } from '../../scheduler/lease.ts';
import { clampContext } from '../../scheduler/load-target.ts';
import { textRunner } from '../text-runner.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import { CompletionReader, emptyPart } from './completion-reader.ts';
import { completionRequest } from './completion-request.ts';
import { metricsOf, wireLogprobs } from './metrics.ts';
import { PromptBuilder } from './prompt.ts';
import type { Prompt } from './prompt-tokens.ts';
import { readAhead } from './read-ahead.ts';
import type { CompletionPlan } from './run-plan.ts';

/** What a run reports in addition to its chunks, before the first chunk. */
export interface RunNotices {
  /** Called when messages or tokens were left out to fit the context. */
  promptTruncated?(): void;
  /** Called when the model's template cannot be used, so that another one takes its place. */
  templateFallback?(): void;
  /** Called with the name of each part of the request that has no effect on this model. */
  ignored?(name: string): void;
  /** Called with the number of tokens in the prompt. */
  promptTokens?(count: number): void;
  /** Called with the log probabilities of the prompt's next tokens, if the run was asked for them. */
  promptLogprobs?(part: readonly PromptLogprob[]): void;
}

export interface RunSurroundings {
  readonly lease: Lease;
  readonly logger: Logger;
  readonly notices: RunNotices;
  readonly signal: AbortSignal;
}

/**
 * Runs one prompt and yields its chunks. The last chunk is `done`. Releases the lease when the completion has
 * ended; its owner does so if there was none.
 * @throws OllamaError `prompt-too-long`, `runner-failed`, `canceled`
 */
export async function* runCompletion<Text extends object>(
  plan: CompletionPlan<Text>,
  surroundings: RunSurroundings,
): AsyncGenerator<ChunkFields & Text> {
  const { lease, logger, notices, signal } = surroundings;
  const { runner } = lease;
  const { options } = plan;
  const loaded = runner.facts.contextLength;
  // If neither the request nor the model sets a context length, the whole loaded context is used.
  const contextLength = options.isDefaultContext ? loaded : clampContext(options.contextLength, loaded);
  const limits = {
    contextLength,
    truncate: plan.request.truncate ?? true,
    shift: plan.request.shift ?? true,
    keep: plan.options.keep,
  };
  const prompt = await plan.buildPrompt(new PromptBuilder({ runner: textRunner(runner, signal), limits }));
  const truncated = prompt.droppedMessages > 0 || prompt.removedTokens > 0;
  if (truncated) {
    const { droppedMessages, removedTokens } = prompt;
    logger.warn('prompt truncated to fit the context', { contextLength, droppedMessages, removedTokens });
    notices.promptTruncated?.();
  }
  notices.promptTokens?.(prompt.tokens.length);
  if (plan.request._debug_render_only) {
    yield plan.writer.rendered(prompt.text);
    return;
  }
  yield* readCompletion(plan, { prompt, contextLength, truncated }, surroundings);
}

type DoneEvent = Extract<CompletionEvent, { type: 'done' }>;

interface StartedRun {
  readonly prompt: Prompt;
  readonly contextLength: number;
  readonly truncated: boolean;
}

async function grammarOf(
  plan: Pick<CompletionPlan<object>, 'grammar'>,
  prompt: Prompt,
  notices: RunNotices,
): Promise<string | undefined> {
  const { grammar, leftOut } = await plan.grammar(prompt.text);
  for (const name of leftOut) notices.ignored?.(name);
  return grammar;
}

async function* readCompletion<Text extends object>(
  plan: CompletionPlan<Text>,
  { prompt, contextLength, truncated }: StartedRun,
  { lease, signal, notices }: RunSurroundings,
): AsyncGenerator<ChunkFields & Text> {
  const reading = plan.read(prompt.text);
  const answerGrammar = await grammarOf(plan, prompt, notices);
  const request = completionRequest(plan, prompt, reading, { contextLength, answerGrammar });
  const reader = new CompletionReader(reading.parser, plan.demand.parallelCalls);
  const events = readAhead({
    complete: (ending) => lease.runner.complete(request, ending),
    signal,
    // The rest of the reply needs no model, and its client may take long to read it.
    onEnd: () => lease.release(),
  });
  for await (const event of events) {
    if (event.type === 'prompt') notices.promptLogprobs?.(wireLogprobs(event.logprobs));
    if (event.type === 'progress') yield plan.writer.progress(event);
    if (event.type === 'text') yield* textChunk(event, reader, plan.writer);
    if (event.type !== 'done') continue;
    const rest = reader.end(event.reason === 'length');
    if (rest) yield plan.writer.part(rest);
    yield finishedChunk(plan, { prompt, truncated, event, lease });
    return;
  }
  throw new OllamaError('runner-failed', 'the model runner ended the completion without a result');
}

function* textChunk<Text extends object>(
  event: Extract<CompletionEvent, { type: 'text' }>,
  reader: CompletionReader,
  writer: ChunkWriter<Text>,
): Generator<ChunkFields & Text> {
  const part = reader.push(event.text);
  const logprobs = event.logprobs && wireLogprobs(event.logprobs);
  // Log probabilities do not wait for text that is held back.
  if (part || logprobs) yield writer.part(part ?? emptyPart, logprobs);
}

function finishedChunk<Text extends object>(
  { request, writer, started }: CompletionPlan<Text>,
  run: Pick<StartedRun, 'prompt' | 'truncated'> & { event: DoneEvent; lease: Lease },
): ChunkFields & Text {
  const { prompt, truncated, event, lease } = run;
  const isVerbose = request.verbose_metrics === true;
  return writer.finished({
    reason: event.reason,
    stopText: isVerbose ? event.stopText : undefined,
    truncated: isVerbose && truncated,
    tokens: [...prompt.tokens, ...event.tokens],
    metrics: metricsOf({
      totalMilliseconds: performance.now() - started,
      loadNanoseconds: lease.loadNanoseconds,
      timings: event.timings,
      isVerbose,
    }),
  });
}
