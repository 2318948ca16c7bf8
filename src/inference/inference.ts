import { performance } from 'node:perf_hooks';
import type { ChatRequest, ChatResponse } from '../api/chat.ts';
import type { ChunkFields } from '../api/common.ts';
import type { GenerateRequest, GenerateResponse } from '../api/generate.ts';
import { parseKeepAlive } from '../api/keep-alive.ts';
import { OllamaError } from '../base/errors.ts';
import type { Model } from '../models/model.ts';
import type { Caller } from './caller.ts';
import { type ChunkWriter, chatWriter, generateWriter } from './completion/chunk-writer.ts';
import { type RunNotices, runCompletion } from './completion/completion-run.ts';
import { ModelFormats } from './completion/model-formats.ts';
import { planChat, planGenerate, type RunPlan } from './completion/run-plan.ts';
import { type InferenceParts, ModelAccess } from './loading/model-access.ts';
import { modelKey } from './loading/model-target.ts';

interface Run<Text extends object> {
  readonly request: GenerateRequest | ChatRequest;
  /** Nothing to complete: the request only loads or unloads. */
  readonly isEmpty: boolean;
  readonly plan: (model: Model) => RunPlan;
  readonly writer: ChunkWriter<Text>;
  readonly caller: Caller;
  readonly notices: RunNotices;
}

/** Runs requests on models, from request to wire chunks. */
export class Inference {
  readonly #parts: InferenceParts;
  readonly #models: ModelAccess;
  readonly #formats: ModelFormats;

  constructor(parts: InferenceParts) {
    this.#parts = parts;
    this.#formats = new ModelFormats();
    this.#models = new ModelAccess(parts);
  }

  /**
   * The first `next()` either throws what decides the reply's status or gives the first chunk; the last chunk is
   * `done`, except after `_debug_render_only`.
   * @throws OllamaError
   */
  generate(
    request: GenerateRequest,
    caller: Caller,
    notices: RunNotices = {},
  ): AsyncGenerator<GenerateResponse, void, undefined> {
    return this.#run({
      request,
      isEmpty: !request.prompt,
      plan: (model) => planGenerate(model, request, this.#formats),
      writer: generateWriter(request.model ?? '', request.raw === true),
      caller,
      notices,
    });
  }

  /** As `generate`. */
  async *chat(
    request: ChatRequest,
    caller: Caller,
    notices: RunNotices = {},
  ): AsyncGenerator<ChatResponse, void, undefined> {
    if (!request.model) throw new OllamaError('invalid-request', 'model is required');
    yield* this.#run({
      request,
      isEmpty: !request.messages?.length,
      plan: (model) => planChat(model, request, this.#formats),
      writer: chatWriter(request.model),
      caller,
      notices,
    });
  }

  async *#run<Text extends object>(run: Run<Text>): AsyncGenerator<ChunkFields & Text, void, undefined> {
    const started = performance.now();
    const { request, isEmpty, writer, caller, notices } = run;
    const { scheduler, logger } = this.#parts;
    const model = await this.#models.find(request.model ?? '');
    if (isEmpty && parseKeepAlive(request.keep_alive) === 0) {
      scheduler.unload(modelKey(model));
      yield writer.empty('unload');
      return;
    }
    const plan = run.plan(model);
    const options = this.#models.options(model, request);
    await using lease = await this.#models.acquire(model, request, caller);
    if (isEmpty) yield writer.empty('load');
    else {
      const surroundings = { lease, logger, notices, signal: caller.signal };
      yield* runCompletion({ ...plan, request, options, writer, started }, surroundings);
    }
  }
}
