/**
 * Continuous batching: one loop for all sequences of a model. Each step decodes one token for every running
 * completion and a share of the waiting prompts in a single `llama_decode` (see `step-plan.ts`).
 */
import { messageOf, OllamaError } from '../../base/errors.ts';
import type {
  ChildErrorCode,
  CompletionEvent,
  CompletionRequest,
  FinishReason,
} from '../../runner/protocol.ts';
import type { PrefixCache } from '../cache/prefix-cache.ts';
import type { Slot } from '../cache/slot.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { logprobOf } from '../sampling/output-logprob.ts';
import { Sampler, type SamplerParts } from '../sampling/sampler.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { Batch } from './batch.ts';
import { DECODE_ABORTED, type Decoder } from './decoder.ts';
import { PrefillRate } from './prefill-rate.ts';
import { Sequence } from './sequence.ts';
import { planPrefill } from './step-plan.ts';

export interface LoopParts {
  readonly bindings: Bindings;
  readonly context: Pointer;
  readonly tokenizer: Tokenizer;
  readonly slots: number;
  /** Tokens per slot. */
  readonly contextLength: number;
  readonly batchSize: number;
  readonly decoder: Decoder;
  readonly sampling: SamplerParts;
  readonly cache: PrefixCache;
}

export interface LoopListener {
  event(id: number, event: CompletionEvent): void;
  failed(id: number, code: ChildErrorCode, message: string): void;
  /** After each step: a good moment to send what was collected. */
  stepEnd(): void;
}

interface Waiting {
  readonly id: number;
  readonly request: CompletionRequest;
}

/** A step longer than this must be open to a cancel; a shorter one is quicker on the JavaScript thread. */
const LONG_STEP_MS = 100;

export class BatchLoop {
  readonly #parts: LoopParts;
  readonly #listener: LoopListener;
  readonly #batch: Batch;
  readonly #cache: PrefixCache;
  readonly #rate = new PrefillRate();
  #waiting: Waiting[] = [];
  #running: Sequence[] = [];
  #isLooping = false;
  #onIdle: (() => void) | undefined;

  constructor(parts: LoopParts, listener: LoopListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#batch = new Batch(Math.max(parts.batchSize, parts.slots));
    this.#cache = parts.cache;
  }

  /** @throws OllamaError when the request cannot run at all */
  submit(id: number, request: CompletionRequest): void {
    if (request.prompt.length === 0) throw new OllamaError('invalid-request', 'the prompt is empty');
    if (request.prompt.length >= this.#parts.contextLength) {
      throw new OllamaError(
        'prompt-too-long',
        `the prompt of ${request.prompt.length} tokens does not fit into the context of ${this.#parts.contextLength}`,
      );
    }
    this.#parts.tokenizer.requireKnown(request.prompt);
    this.#waiting.push({ id, request });
    if (!this.#isLooping) void this.#loop();
  }

  /** Takes effect before the next step; a step of prompts alone is cut short. */
  cancel(id: number): void {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((waiting) => waiting.id !== id);
    if (this.#waiting.length < before) this.#listener.failed(id, 'canceled', 'request canceled');
    const sequence = this.#running.find((running) => running.id === id);
    if (!sequence) return;
    sequence.canceled = true;
    if (this.#running.every((running) => !running.isDecoding)) this.#parts.decoder.abort();
  }

  /** Ends after the step in progress; requests are not answered any more. Resolves when the cache is saved. */
  async close(saveMs: number): Promise<void> {
    this.#waiting = [];
    for (const sequence of this.#running) sequence.canceled = true;
    this.#parts.decoder.abort();
    if (this.#isLooping)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    await this.#cache.persist(saveMs);
  }

  async #loop(): Promise<void> {
    this.#isLooping = true;
    this.#parts.decoder.begin();
    while (this.#waiting.length > 0 || this.#running.length > 0) {
      this.#dropCanceled();
      await this.#admit();
      if (this.#running.length > 0) await this.#step();
      this.#listener.stepEnd();
      // Lets frames from the parent in: new requests and cancels take effect between steps.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#isLooping = false;
    this.#onIdle?.();
  }

  #dropCanceled(): void {
    for (const sequence of this.#running.filter((running) => running.canceled)) {
      this.#release(sequence);
      this.#listener.failed(sequence.id, 'canceled', 'request canceled');
    }
  }

  async #admit(): Promise<void> {
    for (;;) {
      const next = this.#waiting[0];
      if (!next) return;
      const { prompt, cacheSalt } = next.request;
      const slot = await this.#cache.assign(prompt, cacheSalt, this.#running.length > 0);
      if (!slot) return;
      // Canceled meanwhile.
      if (this.#waiting[0] !== next) slot.busy = false;
      else {
        this.#waiting.shift();
        this.#start(next, slot);
      }
    }
  }

  #start({ id, request }: Waiting, slot: Slot): void {
    try {
      const sampler = new Sampler(this.#parts.sampling, request.sampling, request.grammar);
      sampler.acceptPrompt(request.prompt.slice(-this.#lookBack(request)));
      this.#running.push(new Sequence(id, request, slot, sampler));
    } catch (error) {
      slot.busy = false;
      const code =
        error instanceof OllamaError && error.code === 'invalid-request' ? error.code : 'runner-failed';
      this.#listener.failed(id, code, messageOf(error));
    }
  }

  /** Prompt tokens that the penalties look back at; the whole prompt need not be told to the sampler. */
  #lookBack(request: CompletionRequest): number {
    const lookBack = request.sampling.repeatLastN;
    return lookBack < 0 ? this.#parts.contextLength : Math.max(1, lookBack);
  }

  async #step(): Promise<void> {
    const prefilled = this.#fillBatch();
    if (this.#batch.size === 0) return;
    const hasPrompt = prefilled.size > 0;
    const start = performance.now();
    const isLong = hasPrompt && this.#rate.expectedMs(this.#batch.size) > LONG_STEP_MS;
    const code = await this.#parts.decoder.decode(this.#batch.native, isLong);
    if (code !== 0) {
      this.#recover(code);
      return;
    }
    if (hasPrompt) this.#rate.record(this.#batch.size, performance.now() - start);
    for (const [sequence, tokens] of prefilled) {
      const { slot, request } = sequence;
      const computed = slot.tokens.length;
      for (const token of request.prompt.slice(computed, computed + tokens)) slot.tokens.push(token);
      await this.#cache.afterPrefill(slot, computed, request.prompt.length);
    }
    for (const sequence of [...this.#running]) this.#afterDecode(sequence);
  }

  /**
   * In the order of the slots: llama.cpp computes neighbouring sequences together only when their numbers follow each
   * other (four streams were a fifth slower in the order of their arrival).
   * @returns prompt tokens put into the batch, by sequence
   */
  #fillBatch(): Map<Sequence, number> {
    this.#batch.clear();
    const shares = this.#sharePrefill();
    const prefilled = new Map<Sequence, number>();
    const inSlotOrder = [...this.#running].sort((left, right) => left.slot.id - right.slot.id);
    for (const sequence of inSlotOrder) {
      const tokens = shares.get(sequence.slot.id);
      if (sequence.isDecoding) this.#addPendingToken(sequence);
      if (tokens === undefined) continue;
      this.#addPromptChunk(sequence, tokens);
      prefilled.set(sequence, tokens);
    }
    return prefilled;
  }

  /** Prompt tokens for this step, by slot. */
  #sharePrefill(): Map<number, number> {
    const decoding = this.#running.filter((sequence) => sequence.isDecoding);
    const prompts = this.#running.filter((sequence) => sequence.remainingPrompt > 0);
    const shares = planPrefill({
      decoding: decoding.map((sequence) => sequence.slot.id),
      prefilling: prompts.map((sequence) => ({
        slot: sequence.slot.id,
        remaining: this.#cache.prefillLimit(sequence.slot, sequence.request.prompt.length),
      })),
      batchSize: Math.max(this.#parts.batchSize, this.#parts.slots),
      prefillRate: this.#rate.tokensPerMillisecond,
    });
    return new Map(shares.map(({ slot, tokens }) => [slot, tokens]));
  }

  #addPendingToken(sequence: Sequence): void {
    const { slot, pendingToken } = sequence;
    if (pendingToken === undefined) return;
    sequence.outputIndex = this.#batch.add(pendingToken, slot.tokens.length, slot.id, true);
  }

  #addPromptChunk(sequence: Sequence, tokens: number): void {
    const { slot, request } = sequence;
    const from = slot.tokens.length;
    const last = request.prompt.length - 1;
    for (let position = from; position < from + tokens; position++) {
      const index = this.#batch.add(request.prompt[position] ?? 0, position, slot.id, position === last);
      if (position === last) sequence.outputIndex = index;
    }
  }

  #afterDecode(sequence: Sequence): void {
    const { outputIndex, pendingToken, slot } = sequence;
    if (outputIndex === undefined) return;
    sequence.outputIndex = undefined;
    if (pendingToken !== undefined) slot.tokens.push(pendingToken);
    try {
      this.#sampleNext(sequence, outputIndex);
    } catch (error) {
      this.#fail(sequence, messageOf(error));
    }
  }

  #sampleNext(sequence: Sequence, outputIndex: number): void {
    const { request, generated, sampler } = sequence;
    if (request.maxTokens === 0) {
      this.#finish(sequence, 'length');
      return;
    }
    const token = sampler.sample(outputIndex);
    sequence.countSampled();
    if (this.#parts.tokenizer.isEndOfGeneration(token)) {
      this.#finish(sequence, 'stop');
      return;
    }
    generated.push(token);
    const stopped = this.#deliver(sequence, token, outputIndex);
    const isLast = request.maxTokens > 0 && generated.length >= request.maxTokens;
    if (stopped) this.#finish(sequence, 'stop', true);
    else if (isLast || !this.#hasRoom(sequence)) this.#finish(sequence, 'length');
    else sequence.pendingToken = token;
  }

  /** @returns true when the token completed a stop string */
  #deliver(sequence: Sequence, token: number, outputIndex: number): boolean {
    const { topLogprobs } = sequence.request;
    const logprob =
      topLogprobs === undefined ? undefined : logprobOf(this.#parts, outputIndex, token, topLogprobs);
    const { piece, stopped } = sequence.text.push(this.#parts.tokenizer.piece(token), logprob);
    if (piece) this.#listener.event(sequence.id, { type: 'text', ...piece });
    return stopped;
  }

  /** Room for one more token in the slot, made by a context shift when the request allows it. */
  #hasRoom({ slot, request }: Sequence): boolean {
    if (slot.tokens.length < this.#parts.contextLength) return true;
    const keep = request.keep < 0 ? request.prompt.length : request.keep;
    return request.shift && this.#cache.shift(slot, Math.min(keep, slot.tokens.length - 1));
  }

  #finish(sequence: Sequence, reason: FinishReason, stoppedByText = false): void {
    const rest = stoppedByText ? undefined : sequence.text.flush();
    if (rest) this.#listener.event(sequence.id, { type: 'text', ...rest });
    this.#release(sequence);
    const { generated: tokens } = sequence;
    this.#listener.event(sequence.id, { type: 'done', reason, timings: sequence.timings(), tokens });
  }

  #fail(sequence: Sequence, message: string): void {
    this.#cache.truncate(sequence.slot, 0);
    this.#release(sequence);
    this.#listener.failed(sequence.id, 'runner-failed', message);
  }

  #release(sequence: Sequence): void {
    sequence.slot.busy = false;
    sequence.sampler.free();
    this.#running = this.#running.filter((running) => running !== sequence);
  }

  /** Nothing of the step counts: an aborted one is done again without the canceled, a failed one fails its requests. */
  #recover(code: number): void {
    for (const sequence of [...this.#running]) {
      sequence.outputIndex = undefined;
      if (code === DECODE_ABORTED) this.#cache.truncate(sequence.slot, sequence.slot.tokens.length);
      else
        this.#fail(sequence, `the engine could not compute the next tokens (llama_decode returned ${code})`);
    }
  }
}
