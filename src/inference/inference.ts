import { performance } from 'node:perf_hooks';
import type { TokenNeed } from '../access/limits/answer-room.ts';
import type { ChatRequest, ChatResponse } from '../api/chat.ts';
import type { ChunkFields } from '../api/common.ts';
import type { GenerateRequest, GenerateResponse } from '../api/generate.ts';
import { parseKeepAlive } from '../api/keep-alive.ts';
import { splitTemplateArguments } from '../api/template-arguments.ts';
import { systemClock } from '../base/clock.ts';
import { OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { ChatWork, WorkOrder } from '../chat/work/chat-work.ts';
import type { Model } from '../models/model.ts';
import type { RunKind } from '../runs/run-record.ts';
import type { Lease } from '../scheduler/lease.ts';
import { cacheSaltOf } from './cache-salt.ts';
import { type Caller, workOrder } from './caller.ts';
import { requireLoad, requireTools } from './caller-rights.ts';
import { requireAllowed } from './completion/checks.ts';
import { type ChunkWriter, chatWriter, generateWriter } from './completion/chunk-writer.ts';
import { type RunNotices, runCompletion } from './completion/completion-run.ts';
import { ModelFormats } from './completion/model-formats.ts';
import {
  type GenerateExtras,
  type PlanParts,
  planChat,
  planGenerate,
  type RunPlan,
} from './completion/run-plan.ts';
import { SoundGrammars } from './completion/sound-grammars.ts';
import { Suspects } from './completion/suspects.ts';
import { type Asker, type ThinkingRun, ThinkingRuns } from './completion/thinking-runs.ts';
import { withoutVainThinking } from './completion/vain-thinking.ts';
import { guessedPromptTokens } from './limiting/guessed-tokens.ts';
import { RunAllowance } from './limiting/run-allowance.ts';
import { awaitedLease } from './loading/awaited-lease.ts';
import { listedName } from './loading/configured-models.ts';
import { ContextRoom } from './loading/context-room.ts';
import type { EffectiveOptions } from './loading/effective-options.ts';
import { type InferenceParts, ModelAccess, quotedInGenerate } from './loading/model-access.ts';
import { modelKey } from './loading/model-target.ts';
import { QueuePlaces } from './loading/queue-place.ts';
import { requestMedia } from './media/prepare-request.ts';
import { askedOf } from './observing/asked.ts';
import { RunWatch } from './observing/run-watch.ts';

interface Run<Text extends object> {
  readonly kind: RunKind;
  readonly request: GenerateRequest | ChatRequest;
  /** The error for a request without a model. */
  readonly modelMissing: OllamaError;
  /** Whether there is nothing to complete, so that the request only loads or unloads the model. */
  readonly isEmpty: boolean;
  readonly plan: (model: Model, order: WorkOrder) => Promise<RunPlan>;
  readonly writer: ChunkWriter<Text>;
  readonly caller: Caller;
  readonly notices: RunNotices;
  /** Tokens that the model reads as they are; absent = none. */
  readonly promptTokens?: readonly number[] | undefined;
}

interface RunState {
  readonly watch: RunWatch;
  readonly allowance: RunAllowance;
  readonly thinking: ThinkingRun;
  /** `performance.now()` when the run began. */
  readonly started: number;
}

/** Runs requests on models, from request to wire chunks. */
export class Inference {
  readonly #parts: InferenceParts;
  readonly #models: ModelAccess;
  readonly #plan: PlanParts;
  readonly #grammars: SoundGrammars;
  readonly #suspects = new Suspects();
  readonly #thinking = new ThinkingRuns();
  readonly #places: QueuePlaces;

  /** @param work runs templates and compiles schemas */
  constructor(parts: InferenceParts, work: ChatWork) {
    this.#parts = parts;
    this.#plan = { formats: new ModelFormats(work, parts.logger), work };
    this.#models = new ModelAccess(parts);
    this.#places = new QueuePlaces(parts.scheduler, systemClock);
    this.#grammars = new SoundGrammars(work);
  }

  /**
   * The first `next()` either throws the error that determines the status of the reply, or returns the first chunk. The
   * last chunk is `done`, except after `_debug_render_only`.
   * @throws OllamaError
   */
  generate(
    request: GenerateRequest,
    caller: Caller,
    notices: RunNotices = {},
    extras: GenerateExtras = {},
  ): AsyncGenerator<GenerateResponse, void, undefined> {
    return this.#run({
      kind: 'generate',
      request,
      modelMissing: new OllamaError('not-found', quotedInGenerate('')),
      isEmpty: !request.prompt && !request.images?.length && !extras.promptTokens,
      plan: (model, order) => planGenerate(model, request, this.#plan, order, extras),
      writer: generateWriter(request.model ?? '', request.raw === true),
      caller,
      notices,
      promptTokens: extras.promptTokens,
    });
  }

  /** Like `generate`. */
  chat(
    request: ChatRequest,
    caller: Caller,
    notices: RunNotices = {},
  ): AsyncGenerator<ChatResponse, void, undefined> {
    return this.#run({
      kind: 'chat',
      request,
      modelMissing: new OllamaError('invalid-request', 'model is required'),
      isEmpty: !request.messages?.length,
      plan: (model, order) => {
        const asked = withoutVainThinking(model, request, notices);
        return planChat(model, asked, this.#plan, order, (name) => notices.ignored?.(name));
      },
      writer: chatWriter(request.model ?? ''),
      caller,
      notices,
    });
  }

  /**
   * Ends the thinking of a request in progress, so that its answer begins.
   * @param requestId `X-Request-Id` of the request
   * @returns false where the answer had begun already
   * @throws OllamaError `not-found`, `invalid-request` (409)
   */
  answerNow(requestId: string, asker: Asker): boolean {
    return this.#thinking.end(requestId, asker);
  }

  async *#run<Text extends object>(run: Run<Text>): AsyncGenerator<ChunkFields & Text, void, undefined> {
    const { kind, caller } = run;
    const watch = new RunWatch({ kind, caller, request: run.request }, this.#parts);
    const allowance = new RunAllowance(this.#parts.limits, caller);
    const { run: thinking, end } = this.#thinking.begin(caller);
    try {
      yield* this.#watched(run, { watch, allowance, thinking, started: performance.now() });
    } catch (error) {
      if (caller.movesOn?.(error)) watch.moved();
      watch.failed(error);
      throw error;
    } finally {
      end();
      allowance.end(watch.usedTokens);
      watch.end();
    }
  }

  async *#watched<Text extends object>(
    run: Run<Text>,
    { watch, allowance, thinking, started }: RunState,
  ): AsyncGenerator<ChunkFields & Text, void, undefined> {
    const { request, isEmpty, writer, caller, notices } = run;
    const { scheduler, logger } = this.#parts;
    if (!request.model) throw run.modelMissing;
    requireTools(request, caller.key);
    const model = await this.#models.find(request.model, caller.key);
    watch.found(listedName(model));
    // Before all checks, because a model can be unloaded whatever else the request or its settings say.
    if (isEmpty && parseKeepAlive(request.keep_alive) === 0) {
      requireLoad(caller.key);
      scheduler.unload(modelKey(model));
      watch.done('unload');
      yield writer.empty('unload');
      return;
    }
    const cacheSalt = cacheSaltOf(caller, request.cache_salt);
    const order = workOrder(model, caller, cacheSalt);
    requireAllowed(request, this.#parts.config);
    const plan = await run.plan(model, order);
    if (plan.templateFailure !== undefined) notices.templateFallback?.();
    if (ignoresArguments(model, request)) notices.ignored?.('chat_template_kwargs');
    const prepared = this.#models.prepare(model, request, caller.key);
    const { options } = prepared;
    watch.asked(askedOf(options, request, caller));
    await this.#grammars.require(options.grammar, order);
    const suspect = { modelKey: modelKey(model), request, grammar: options.grammar };
    this.#suspects.require(suspect);
    if (!isEmpty) await allowance.enter(() => tokenNeed(run, options));
    const media = requestMedia(this.#parts.media, model, { ...order, limits: options.imageTokens });
    // Before the lease: while the files of one client are decoded, their slot serves others.
    const mostContext = this.#models.mostContext(prepared);
    if (!isEmpty) await media.prepare(plan.media(mostContext), mostContext);
    const acquiring = request._debug_render_only
      ? this.#models.acquireForTexts(prepared, caller, { watch, isLoadedOnly: notices.isLoadedOnly })
      : this.#models.acquire(prepared, caller, { watch });
    const lease = yield* this.#lease(run, watch, acquiring);
    notices.leased?.();
    if (prepared.target.load.draft && lease.runner.facts.drafts === undefined) notices.ignored?.('draft');
    const { signal } = caller;
    const named = callerLogger(logger, caller);
    await using room = new ContextRoom(lease, {
      models: this.#models,
      prepared,
      caller,
      logger: named,
      watch,
    });
    if (isEmpty) {
      watch.done('load');
      yield writer.empty('load');
      return;
    }
    try {
      const surroundings = { room, logger: named, notices, signal, watch, allowance, thinking };
      const files = { prepared: media, cacheSalt };
      yield* runCompletion({ ...plan, request, options, writer, started, ...files }, surroundings);
    } catch (error) {
      this.#suspects.note(suspect, error);
      throw error;
    }
  }

  /** Waits for the lease, and says meanwhile what it waits for, if the request asks for that and the reply has a place for it. */
  async *#lease<Text extends object>(
    { request, isEmpty, notices, writer }: Run<Text>,
    watch: RunWatch,
    acquiring: Promise<Lease>,
  ): AsyncGenerator<ChunkFields & Text, Lease, undefined> {
    if (!request.return_progress || !notices.showsQueue || isEmpty) return await acquiring;
    const place = () => this.#places.of(watch.number);
    const awaited = awaitedLease(acquiring, { place, clock: systemClock });
    try {
      for (;;) {
        const next = await awaited.next();
        if (next.done) return next.value;
        yield writer.queued(next.value);
      }
    } finally {
      await awaited.return(undefined as never);
    }
  }
}

/** What a run needs as far as that can be known before its model is there. */
function tokenNeed({ request, promptTokens }: Run<object>, options: EffectiveOptions): TokenNeed {
  const { answerTokens, contextLength } = options;
  const prompt = guessedPromptTokens(request, promptTokens);
  return { prompt, answer: answerTokens ?? contextLength, isExplicit: answerTokens !== undefined };
}

/** A logger whose lines name the request, and the trace to which it belongs. */
function callerLogger(logger: Logger, { requestId, origin }: Caller): Logger {
  const traceId = origin?.trace?.traceId;
  const fields = {
    ...(requestId !== undefined && { requestId }),
    ...(traceId !== undefined && { traceId }),
  };
  return Object.keys(fields).length === 0 ? logger : logger.child(fields);
}

/** Only Jinja templates have variables that a request may set; thinking is switched for every model. */
function ignoresArguments({ promptSource }: Model, request: GenerateRequest | ChatRequest): boolean {
  const given = 'chat_template_kwargs' in request ? request.chat_template_kwargs : undefined;
  if (promptSource.kind === 'jinja' || given === undefined) return false;
  return Object.keys(splitTemplateArguments(given).others).length > 0;
}
