/**
 * The loop of an embedding model. Each step computes inputs of all waiting requests in a single `llama_decode`, each
 * input as a separate sequence (see `input-plan.ts`), and removes them from the KV cache afterwards.
 */
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { ChildErrorCode } from '../../protocol/frames.ts';
import type { EmbeddingFacts } from '../../protocol/load.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import { Batch } from '../batching/batch.ts';
import { DECODE_ABORTED, type Decoder } from '../batching/decoder.ts';
import type { MediaParts } from '../batching/media-steps.ts';
import { childErrorCode } from '../child-error-code.ts';
import type { EngineMeter } from '../figures/engine-meter.ts';
import { checkMedia, textTokens } from '../media/check-media.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { viewFloats } from '../native/native-memory.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { EmbeddingRequest } from './embedding-request.ts';
import { IllustratedInputs } from './illustrated-inputs.ts';
import { type PlannedInput, planInputs } from './input-plan.ts';
import { SPLIT_SEQUENCE, STEP_INPUTS, STEP_TOKENS } from './limits.ts';

export interface EmbeddingLoopParts {
  readonly bindings: Bindings;
  readonly context: Pointer;
  readonly tokenizer: Tokenizer;
  readonly decoder: Decoder;
  readonly meter: EngineMeter;
  readonly batchSize: number;
  readonly facts: EmbeddingFacts;
  /** The encoder of pictures or sound; absent = inputs are texts. */
  readonly media?: MediaParts;
}

export interface EmbeddingListener {
  /** @param vectors base64 of 32-bit floats, one per input */
  embedded(id: number, vectors: readonly string[]): void;
  failed(id: number, code: ChildErrorCode, message: string): void;
  /** Called after each step; a good moment to send what was collected. */
  stepEnd(): void;
}

interface StepInput {
  readonly request: EmbeddingRequest;
  readonly sequence: number;
  readonly tokens: number;
  readonly isWhole: boolean;
}

export class EmbeddingLoop {
  readonly #parts: EmbeddingLoopParts;
  readonly #listener: EmbeddingListener;
  readonly #batch: Batch;
  readonly #illustrated: IllustratedInputs | undefined;
  /** In the order in which they are served: those of the last step are at the end. */
  #requests: EmbeddingRequest[] = [];
  #isLooping = false;
  /** Number of steps still to come that compute one input each, because a step produced NaNs. */
  #stepsAlone = 0;

  constructor(parts: EmbeddingLoopParts, listener: EmbeddingListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#batch = new Batch(parts.batchSize);
    const { media } = parts;
    this.#illustrated = media && new IllustratedInputs({ ...parts, media });
  }

  /**
   * @param media where the pictures and sounds of each input lie
   * @throws OllamaError when one of the inputs cannot be computed at all
   */
  submit(
    id: number,
    inputs: readonly (readonly number[])[],
    media: readonly (readonly MediaSpan[])[] = [],
  ): void {
    for (const [index, input] of inputs.entries()) this.#check(index, input, media[index] ?? []);
    this.#requests.push(new EmbeddingRequest(id, inputs, media));
    this.#illustrated?.noteChange();
    if (!this.#isLooping) void this.#loop();
  }

  /** Takes effect before the next step; a step that serves only canceled requests is cut short. */
  cancel(id: number): void {
    for (const request of this.#requests) if (request.id === id) request.canceled = true;
    this.#illustrated?.noteChange();
    if (this.#requests.every((request) => request.canceled)) this.#parts.decoder.abort();
  }

  #check(index: number, input: readonly number[], media: readonly MediaSpan[]): void {
    const { maxInputTokens, maxMediaInputTokens } = this.#parts.facts;
    const most = media.length > 0 ? (maxMediaInputTokens ?? 0) : maxInputTokens;
    if (input.length === 0) throw new OllamaError('invalid-request', `input ${index} has no tokens`);
    if (media.length > 0) checkMedia({ prompt: input, media }, this.#illustrated?.facts);
    if (input.length > most) {
      const message = `input ${index} has ${input.length} tokens; the maximum is ${most}`;
      throw new OllamaError('prompt-too-long', message);
    }
    this.#parts.tokenizer.requireKnown(textTokens({ prompt: input, media }));
  }

  async #loop(): Promise<void> {
    this.#isLooping = true;
    this.#parts.decoder.begin();
    do await this.#turns();
    while (await this.#illustrated?.end());
    this.#isLooping = false;
  }

  async #turns(): Promise<void> {
    while (this.#requests.length > 0) {
      this.#dropCanceled();
      const hasStepped = await this.#step();
      const hasTurned = await this.#illustratedTurn();
      this.#answerDone();
      this.#listener.stepEnd();
      if (!hasStepped && !hasTurned && this.#requests.length > 0) await this.#illustrated?.waitForChange();
      // Lets frames from the parent in: new requests and cancels take effect between steps.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** @returns whether there was anything to compute */
  async #illustratedTurn(): Promise<boolean> {
    const turn = await this.#illustrated?.turn(this.#requests, this.#splitTokens() === 0);
    if (turn?.failure) {
      const { request, error } = turn.failure;
      this.#fail(request, childErrorCode(error), messageOf(error));
    }
    return turn?.hasComputed ?? false;
  }

  #dropCanceled(): void {
    for (const request of this.#requests.filter(({ canceled }) => canceled)) {
      this.#fail(request, 'canceled', 'request canceled');
    }
  }

  #answerDone(): void {
    for (const { id, vectors } of this.#requests.filter(({ isDone }) => isDone)) {
      this.#listener.embedded(id, vectors);
    }
    this.#requests = this.#requests.filter(({ isDone }) => !isDone);
  }

  /** @returns whether there was anything to compute */
  async #step(): Promise<boolean> {
    const plan = this.#plan();
    if (plan.length === 0) return false;
    const inputs = this.#fillBatch(plan);
    const startedAt = performance.now();
    const code = await this.#parts.decoder.decode(this.#batch.native, true);
    if (code === 0) {
      this.#measure(inputs, startedAt);
      this.#collect(inputs);
    } else if (code !== DECODE_ABORTED) this.#failStep(inputs, code);
    this.#forget(inputs);
    const served = new Set(inputs.map(({ request }) => request));
    const others = this.#requests.filter((request) => !served.has(request));
    this.#requests = [...others, ...this.#requests.filter((request) => served.has(request))];
    return true;
  }

  #measure(inputs: readonly StepInput[], startedAt: number): void {
    const { meter } = this.#parts;
    const { size: tokens } = this.#batch;
    const milliseconds = performance.now() - startedAt;
    meter.steps.called({ entries: [], startedAt, milliseconds, tokens });
    meter.call({ kind: 'prefill', tokens, promptTokens: tokens, sequences: inputs.length, milliseconds });
    meter.step(tokens);
    meter.prompt(tokens);
  }

  #plan(): PlannedInput[] {
    const inputs = this.#stepsAlone > 0 ? 1 : STEP_INPUTS;
    this.#stepsAlone = Math.max(0, this.#stepsAlone - 1);
    const waiting = this.#requests.filter(({ isDone }) => !isDone).map((request) => request.waiting(inputs));
    const { batchSize, facts } = this.#parts;
    return planInputs(waiting, {
      targetTokens: Math.min(STEP_TOKENS, batchSize),
      inputs,
      canSplit: facts.canSplit,
      isSplitTaken: this.#illustrated?.isBusy ?? false,
    });
  }

  #fillBatch(plan: readonly PlannedInput[]): StepInput[] {
    this.#batch.clear();
    const byId = new Map(this.#requests.map((request) => [request.id, request]));
    const inputs: StepInput[] = [];
    for (const { id, index, tokens } of plan) {
      const request = byId.get(id);
      if (!request) continue;
      const { from, tokens: share } = request.share(index, tokens);
      const isWhole = request.waiting(index + 1).lengths[index] === tokens;
      const sequence = from > 0 || !isWhole ? SPLIT_SEQUENCE : inputs.length + 1;
      share.forEach((token, offset) => {
        this.#batch.add(token, from + offset, sequence, true);
      });
      inputs.push({ request, sequence, tokens, isWhole });
    }
    return inputs;
  }

  /**
   * An input with NaNs spoils all others of its step because 0 times NaN is NaN. In that case every input is computed
   * again alone.
   */
  #collect(inputs: readonly StepInput[]): void {
    const vectors = inputs.map((input) => (input.isWhole ? this.#vectorOf(input) : undefined));
    if (inputs.length > 1 && vectors.some((vector) => vector && !vector.every(Number.isFinite))) {
      this.#stepsAlone = inputs.length;
      return;
    }
    for (const [index, { request, tokens, isWhole }] of inputs.entries()) {
      const vector = vectors[index];
      if (vector) request.finishInput(vector);
      else if (isWhole) this.#fail(request, 'runner-failed', 'the engine returned no embedding');
      else request.advance(tokens);
    }
  }

  #vectorOf({ sequence }: StepInput): Float32Array | undefined {
    const { bindings, context, facts } = this.#parts;
    const vector = bindings.embeddingOf(context, sequence);
    return vector === null ? undefined : viewFloats(vector, facts.length);
  }

  #failStep(inputs: readonly StepInput[], code: number): void {
    const message = `the engine could not compute the embeddings (llama_decode returned ${code})`;
    for (const request of new Set(inputs.map((input) => input.request))) {
      this.#fail(request, 'runner-failed', message);
    }
  }

  /** Empties the KV cache, except for the computed part of an unfinished input. */
  #forget(inputs: readonly StepInput[]): void {
    const { bindings, context } = this.#parts;
    const memory = bindings.memory(context);
    if (memory === null) return;
    for (const { sequence } of inputs) {
      const kept = sequence === SPLIT_SEQUENCE ? this.#splitTokens() : 0;
      bindings.memoryRemove(memory, sequence, kept === 0 ? -1 : kept, -1);
    }
  }

  #splitTokens(): number {
    return Math.max(0, ...this.#requests.map(({ computed }) => computed));
  }

  #fail(request: EmbeddingRequest, code: ChildErrorCode, message: string): void {
    this.#requests = this.#requests.filter((other) => other !== request);
    this.#listener.failed(request.id, code, message);
    if (request.computed > 0) this.#forgetSplit();
  }

  #forgetSplit(): void {
    const { bindings, context } = this.#parts;
    const memory = bindings.memory(context);
    if (memory !== null) bindings.memoryRemove(memory, SPLIT_SEQUENCE, -1, -1);
  }
}
