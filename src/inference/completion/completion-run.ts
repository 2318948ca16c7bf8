import { performance } from 'node:perf_hooks';
import type { ChunkFields, PromptLogprob } from '../../api/common.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { CompletionEvent } from '../../protocol/completion.ts';
import { clampContext } from '../../scheduler/load-target.ts';
import type { RunAllowance } from '../limiting/run-allowance.ts';
import type { ContextRoom } from '../loading/context-room.ts';
import type { RunWatch } from '../observing/run-watch.ts';
import { textRunner } from '../text-runner.ts';
import { answerLimit } from './answer-limit.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import { CompletionReader, emptyPart } from './completion-reader.ts';
import { completionRequest } from './completion-request.ts';
import { metricsOf, wireLogprobs } from './metrics.ts';
import { PromptBuilder } from './prompt.ts';
import { mostTokens, type Prompt, type PromptLimits } from './prompt-tokens.ts';
import { type DoneEvent, readAhead } from './read-ahead.ts';
import type { CompletionPlan } from './run-plan.ts';
import type { ThinkingRun } from './thinking-runs.ts';

/** The tokens of a prompt; those of media are negative (`protocol/media.ts`). */
export interface ReadPrompt {
  readonly tokens: readonly number[];
  /** Tokens of the context that the prompt is for. */
  readonly contextLength: number;
}

/** What a run reports in addition to its chunks, before the first chunk. */
export interface RunNotices {
  /** Whether the reply has a place for chunks that say what the run waits for; absent = no. */
  readonly showsQueue?: boolean;
  /** Whether a prompt that is only shown may not load its model; absent = it may. */
  readonly isLoadedOnly?: boolean;
  /** Called when the run has its model. */
  leased?(): void;
  /** Called when messages or tokens were left out to fit the context. */
  promptTruncated?(): void;
  /** Called when the model's template cannot be used, so that another one takes its place. */
  templateFallback?(): void;
  /** Called with the name of each part of the request that has no effect on this model. */
  ignored?(name: string): void;
  /** Called with the number of tokens when the model was loaded with a longer context for the prompt. */
  contextGrown?(contextLength: number): void;
  /** Called with the number of tokens after which a limit of the key ends the answer, if that is all that it allows. */
  answerLimited?(tokens: number): void;
  /** Called with the number of tokens in the prompt, and with these where they were read here. */
  promptTokens?(count: number, prompt?: ReadPrompt): void;
  /** Called with the log probabilities of the prompt's next tokens, if the run was asked for them. */
  promptLogprobs?(part: readonly PromptLogprob[]): void;
}

export interface RunSurroundings {
  readonly room: ContextRoom;
  readonly logger: Logger;
  readonly notices: RunNotices;
  readonly signal: AbortSignal;
  readonly watch: RunWatch;
  readonly allowance: RunAllowance;
  readonly thinking: ThinkingRun;
}

/**
 * Runs one prompt and yields its chunks. The last chunk is `done`. Releases the lease when the completion has
 * ended; the owner of the room does so if there was none.
 * @throws OllamaError `prompt-too-long`, `runner-failed`, `canceled`
 */
export async function* runCompletion<Text extends object>(
  plan: CompletionPlan<Text>,
  surroundings: RunSurroundings,
): AsyncGenerator<ChunkFields & Text> {
  const { logger, notices, watch, allowance } = surroundings;
  const { prompt, contextLength } = await fittedPrompt(plan, surroundings);
  const truncated = isCut(prompt);
  if (truncated) {
    const { droppedMessages, removedTokens } = prompt;
    logger.warn('prompt truncated to fit the context', { contextLength, droppedMessages, removedTokens });
    notices.promptTruncated?.();
  }
  if (!('text' in prompt.content)) {
    notices.promptTokens?.(prompt.content.length, { tokens: prompt.content, contextLength });
    watch.prompted(prompt.content.length);
  }
  if (plan.request._debug_render_only) {
    watch.done('done');
    // Nothing was computed.
    allowance.end(0);
    yield plan.writer.rendered(prompt.text, prompt.mediaCount);
    return;
  }
  yield* readCompletion(plan, { prompt, contextLength, truncated }, surroundings);
}

/**
 * Builds the prompt. If the loaded context is too short for it, gets a longer one where that is possible, and shortens the
 * prompt only for what is still missing then.
 */
async function fittedPrompt(
  plan: CompletionPlan<object>,
  { room, notices, signal, allowance }: RunSurroundings,
): Promise<{ prompt: Prompt; contextLength: number }> {
  const { options, request } = plan;
  const { truncate = true, shift = true } = request;
  const build = (contextLength: number, changes: Partial<PromptLimits> = {}) => {
    const limits = { contextLength, truncate, shift, keep: options.keep, ...changes };
    const runner = textRunner(room.lease.runner, { signal, salt: plan.cacheSalt });
    return plan.buildPrompt(new PromptBuilder({ runner, limits, prepared: plan.prepared }));
  };
  // If neither the request nor the model sets a context length, the whole loaded context is used.
  const inUse = () => {
    const loaded = room.lease.runner.facts.contextLength;
    return options.isDefaultContext ? loaded : clampContext(options.contextLength, loaded);
  };
  // A prompt that is only shown is counted, and one for which a key has a limit.
  const isSent = !request._debug_render_only && !allowance.countsTokens;
  const whole = room.mayGrow
    ? await unlessTooLong(build(inUse(), { truncate: false, isSent }))
    : await build(inUse(), { isSent });
  if (whole) return { prompt: whole, contextLength: inUse() };
  const { longest } = room;
  const growing = build(longest, { isGrowing: longest > inUse() });
  const prompt = truncate ? await unlessTooLong(growing) : await growing;
  // Nothing that is to be had would hold even a part of it.
  if (!prompt) return { prompt: await build(inUse()), contextLength: inUse() };
  // A prompt that is only shown needs no room: it is the one that would be sent.
  if (request._debug_render_only) return { prompt, contextLength: longest };
  const promptTokens = isCut(prompt) ? longest : mostTokens(prompt.content);
  const need = { promptTokens, answerTokens: options.answerTokens };
  if (await room.grow(need)) notices.contextGrown?.(inUse());
  const contextLength = inUse();
  return {
    prompt: mostTokens(prompt.content) < contextLength ? prompt : await build(contextLength),
    contextLength,
  };
}

function isCut({ droppedMessages, removedTokens }: Prompt): boolean {
  return droppedMessages > 0 || removedTokens > 0;
}

async function unlessTooLong(building: Promise<Prompt>): Promise<Prompt | undefined> {
  try {
    return await building;
  } catch (error) {
    if (error instanceof OllamaError && error.code === 'prompt-too-long') return undefined;
    throw error;
  }
}

interface StartedRun {
  readonly prompt: Prompt;
  readonly contextLength: number;
  readonly truncated: boolean;
}

async function grammarOf(
  plan: Pick<CompletionPlan<object>, 'grammar' | 'options'>,
  prompt: Prompt,
  notices: RunNotices,
): Promise<string | undefined> {
  const { grammar, leftOut } = await plan.grammar(
    prompt.text,
    plan.options.fixedSpaces ? { fixedSpaces: true } : {},
  );
  for (const name of leftOut) notices.ignored?.(name);
  return grammar;
}

async function* readCompletion<Text extends object>(
  plan: CompletionPlan<Text>,
  { prompt, contextLength, truncated }: StartedRun,
  { room, signal, notices, watch, allowance, thinking }: RunSurroundings,
): AsyncGenerator<ChunkFields & Text> {
  const reading = plan.read(prompt.text);
  const answerGrammar = await grammarOf(plan, prompt, notices);
  const maxTokens = answerLimit(plan.options, { prompt, contextLength }, { allowance, notices });
  const request = completionRequest(plan, prompt, reading, { maxTokens, contextLength, answerGrammar });
  const reader = new CompletionReader(reading.parser, plan.demand.parallelCalls);
  const named = watch.number === undefined ? {} : { run: watch.number };
  const own = { ...mediaSource(plan, prompt), endThinking: thinking.signal };
  thinking.begun(reading.thinking);
  const events = readAhead({
    complete: (ending) => room.lease.runner.complete({ ...request, ...named, ...own }, ending),
    signal,
    onEvent: (event) => noteEvent(watch, event),
    // The rest of the reply needs no model, and its client may take long to read it.
    onEnd: (done) => {
      room.lease.release();
      if (done) allowance.end(done.timings.promptTokens + done.timings.completionTokens);
    },
  });
  let promptTokens = 'text' in prompt.content ? [] : prompt.content;
  for await (const event of events) {
    if (event.type === 'tokenized') {
      promptTokens = event.tokens;
      notices.promptTokens?.(promptTokens.length, { tokens: promptTokens, contextLength });
      watch.prompted(promptTokens.length);
    }
    if (event.type === 'prompt') notices.promptLogprobs?.(wireLogprobs(event.logprobs));
    if (event.type === 'progress') yield plan.writer.progress(event);
    if (event.type === 'text') yield* textChunk(event, { reader, watch, thinking, writer: plan.writer });
    if (event.type !== 'done') continue;
    const rest = reader.end(event.reason === 'length');
    if (rest) {
      watch.said(rest);
      yield plan.writer.part(rest);
    }
    yield finishedChunk(plan, { promptTokens, hasMedia: prompt.media !== undefined, truncated, event, room });
    return;
  }
  throw new OllamaError('runner-failed', 'the model runner ended the completion without a result');
}

function noteEvent(watch: RunWatch, event: CompletionEvent): void {
  if (event.type === 'text') watch.text(event.count);
  if (event.type === 'done') watch.completed(event.reason, event.timings);
}

function mediaSource({ prepared }: Pick<CompletionPlan<object>, 'prepared'>, prompt: Prompt) {
  return prompt.media ? { mediaData: (digest: string) => prepared.dataOf(digest) } : {};
}

function* textChunk<Text extends object>(
  event: Extract<CompletionEvent, { type: 'text' }>,
  {
    reader,
    watch,
    thinking,
    writer,
  }: Pick<RunSurroundings, 'watch' | 'thinking'> & {
    readonly reader: CompletionReader;
    readonly writer: ChunkWriter<Text>;
  },
): Generator<ChunkFields & Text> {
  const part = reader.push(event.text);
  if (part) {
    watch.said(part);
    thinking.said(part);
  }
  const logprobs = event.logprobs && wireLogprobs(event.logprobs);
  // Log probabilities do not wait for text that is held back.
  if (part || logprobs) yield writer.part(part ?? emptyPart, logprobs);
}

function finishedChunk<Text extends object>(
  { request, writer, started }: CompletionPlan<Text>,
  run: {
    promptTokens: readonly number[];
    hasMedia: boolean;
    truncated: boolean;
    event: DoneEvent;
    room: ContextRoom;
  },
): ChunkFields & Text {
  const { promptTokens, hasMedia, truncated, event, room } = run;
  const isVerbose = request.verbose_metrics === true;
  return writer.finished({
    reason: event.reason,
    stopText: isVerbose ? event.stopText : undefined,
    truncated: isVerbose && truncated,
    // Tokens cannot carry a picture into the next request.
    ...(!hasMedia && { tokens: [...promptTokens, ...event.tokens] }),
    metrics: metricsOf({
      totalMilliseconds: performance.now() - started,
      loadNanoseconds: room.loadNanoseconds,
      queueNanoseconds: room.queueNanoseconds,
      timings: event.timings,
      isVerbose,
    }),
  });
}
