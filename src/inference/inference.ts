import { performance } from 'node:perf_hooks';
import type { ChatRequest, ChatResponse } from '../api/chat.ts';
import type { ChunkFields } from '../api/common.ts';
import type { GenerateRequest, GenerateResponse } from '../api/generate.ts';
import { parseKeepAlive } from '../api/keep-alive.ts';
import { splitTemplateArguments } from '../api/template-arguments.ts';
import { OllamaError } from '../base/errors.ts';
import type { ChatWork, WorkOrder } from '../chat/work/chat-work.ts';
import type { Model } from '../models/model.ts';
import type { Caller } from './caller.ts';
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
import { withoutVainThinking } from './completion/vain-thinking.ts';
import { ContextRoom } from './loading/context-room.ts';
import { type InferenceParts, ModelAccess, quotedInGenerate } from './loading/model-access.ts';
import { modelKey } from './loading/model-target.ts';

interface Run<Text extends object> {
  readonly request: GenerateRequest | ChatRequest;
  /** The error for a request without a model. */
  readonly modelMissing: OllamaError;
  /** Whether there is nothing to complete, so that the request only loads or unloads the model. */
  readonly isEmpty: boolean;
  readonly plan: (model: Model, order: WorkOrder) => Promise<RunPlan>;
  readonly writer: ChunkWriter<Text>;
  readonly caller: Caller;
  readonly notices: RunNotices;
}

/** Runs requests on models, from request to wire chunks. */
export class Inference {
  readonly #parts: InferenceParts;
  readonly #models: ModelAccess;
  readonly #plan: PlanParts;
  readonly #grammars: SoundGrammars;
  readonly #suspects = new Suspects();

  /** @param work runs templates and compiles schemas */
  constructor(parts: InferenceParts, work: ChatWork) {
    this.#parts = parts;
    this.#plan = { formats: new ModelFormats(work, parts.logger), work };
    this.#models = new ModelAccess(parts);
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
      request,
      modelMissing: new OllamaError('not-found', quotedInGenerate('')),
      isEmpty: !request.prompt && !extras.promptTokens,
      plan: (model, order) => planGenerate(model, request, this.#plan, order, extras),
      writer: generateWriter(request.model ?? '', request.raw === true),
      caller,
      notices,
    });
  }

  /** Like `generate`. */
  chat(
    request: ChatRequest,
    caller: Caller,
    notices: RunNotices = {},
  ): AsyncGenerator<ChatResponse, void, undefined> {
    return this.#run({
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

  async *#run<Text extends object>(run: Run<Text>): AsyncGenerator<ChunkFields & Text, void, undefined> {
    const started = performance.now();
    const { request, isEmpty, writer, caller, notices } = run;
    const { scheduler, logger } = this.#parts;
    if (!request.model) throw run.modelMissing;
    const model = await this.#models.find(request.model);
    const keepAliveMs = parseKeepAlive(request.keep_alive);
    // Before all checks, because a model can be unloaded whatever else the request or its settings say.
    if (isEmpty && keepAliveMs === 0) {
      scheduler.unload(modelKey(model));
      yield writer.empty('unload');
      return;
    }
    const order = workOrder(model, caller);
    requireAllowed(request, this.#parts.config);
    const plan = await run.plan(model, order);
    if (plan.templateFailure !== undefined) notices.templateFallback?.();
    if (ignoresArguments(model, request)) notices.ignored?.('chat_template_kwargs');
    const prepared = this.#models.prepare(model, request, keepAliveMs);
    const { grammar } = prepared.options;
    await this.#grammars.require(grammar, order);
    const suspect = { modelKey: modelKey(model), request, grammar };
    this.#suspects.require(suspect);
    const lease = await this.#models.acquire(prepared, caller);
    const { requestId, signal } = caller;
    const named = requestId === undefined ? logger : logger.child({ requestId });
    await using room = new ContextRoom(lease, { models: this.#models, prepared, caller, logger: named });
    if (isEmpty) yield writer.empty('load');
    else {
      const surroundings = { room, logger: named, notices, signal };
      try {
        yield* runCompletion({ ...plan, request, options: prepared.options, writer, started }, surroundings);
      } catch (error) {
        this.#suspects.note(suspect, error);
        throw error;
      }
    }
  }
}

/** A client's requests to one model share the workers, so that none of them keeps another client, or model, waiting. */
function workOrder({ digest }: Model, { client = '', signal }: Caller): WorkOrder {
  return { owner: `${client} ${digest}`, signal };
}

/** Only Jinja templates have variables that a request may set; thinking is switched for every model. */
function ignoresArguments({ promptSource }: Model, request: GenerateRequest | ChatRequest): boolean {
  const given = 'chat_template_kwargs' in request ? request.chat_template_kwargs : undefined;
  if (promptSource.kind === 'jinja' || given === undefined) return false;
  return Object.keys(splitTemplateArguments(given).others).length > 0;
}
