/**
 * Continuous batching: one loop for all sequences of a model. Each step decodes one token for every running completion
 * in a single `llama_decode`, and a share of the waiting prompts in further ones (see `step-plan.ts`).
 */
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { CompletionEvent, CompletionRequest } from '../../protocol/completion.ts';
import type { ChildErrorCode } from '../../protocol/frames.ts';
import type { PrefixCache } from '../cache/prefix-cache.ts';
import type { Slot } from '../cache/slot.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { Sampler } from '../sampling/sampler.ts';
import type { SamplerParts } from '../sampling/sampler-parts.ts';
import type { SamplingGuard } from '../sampling/sampling-guard.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { Advance } from './advance.ts';
import { Batch } from './batch.ts';
import { DecodeCost } from './decode-cost.ts';
import { DECODE_ABORTED, DECODE_NO_ROOM, type Decoder } from './decoder.ts';
import { PrefillRate } from './prefill-rate.ts';
import { Recovery } from './recovery.ts';
import { Sequence } from './sequence.ts';
import {
  endStep,
  type FilledStep,
  fillStep,
  needsAllThreads,
  type PlacedEntry,
  type StepEntry,
} from './step.ts';
import { fixedChunk, groupCalls, planPrefill, SCORED_TOKENS } from './step-plan.ts';

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
  readonly guard: Pick<SamplingGuard, 'enter' | 'leave'>;
}

export interface LoopListener {
  event(id: number, event: CompletionEvent): void;
  failed(id: number, code: ChildErrorCode, message: string): void;
  /** Called after each step; a good moment to send what was collected. */
  stepEnd(): void;
}

interface Waiting {
  readonly id: number;
  readonly request: CompletionRequest;
}

/**
 * A step expected to take longer than this must be open to a cancel; a shorter one is quicker on the JavaScript thread.
 */
const LONG_STEP_MS = 100;

export class BatchLoop {
  readonly #parts: LoopParts;
  readonly #listener: LoopListener;
  readonly #batch: Batch;
  readonly #batchSize: number;
  readonly #cache: PrefixCache;
  readonly #advance: Advance;
  readonly #rate = new PrefillRate();
  readonly #cost = new DecodeCost();
  readonly #recovery = new Recovery();
  #waiting: Waiting[] = [];
  #running: Sequence[] = [];
  /** What the call in progress computes. */
  #computing: readonly StepEntry[] = [];
  #isLooping = false;
  #onIdle: (() => void) | undefined;

  constructor(parts: LoopParts, listener: LoopListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#batchSize = Math.max(parts.batchSize, parts.slots);
    this.#batch = new Batch(this.#batchSize + parts.slots);
    this.#cache = parts.cache;
    this.#advance = new Advance(parts);
  }

  /** @throws OllamaError when the request cannot run at all */
  submit(id: number, request: CompletionRequest): void {
    if (request.prompt.length === 0) throw new OllamaError('invalid-request', 'the prompt is empty');
    if (request.prompt.length >= this.#parts.contextLength) {
      throw new OllamaError(
        'prompt-too-long',
        `the prompt has ${request.prompt.length} tokens, but the context has room for ${this.#parts.contextLength}: shorten the prompt or raise "num_ctx"`,
      );
    }
    this.#parts.tokenizer.requireKnown(request.prompt);
    this.#waiting.push({ id, request });
    if (!this.#isLooping) void this.#loop();
  }

  /** Takes effect before the next step; a step that computes only prompts is cut short. */
  cancel(id: number): void {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((waiting) => waiting.id !== id);
    if (this.#waiting.length < before) this.#listener.failed(id, 'canceled', 'request canceled');
    const sequence = this.#running.find((running) => running.id === id);
    if (!sequence) return;
    sequence.canceled = true;
    // What the call in progress computes for others must not be lost.
    const isForNobody = this.#computing.every(({ sequence: { canceled } }) => canceled);
    if (this.#computing.length > 0 && isForNobody) this.#parts.decoder.abort();
  }

  /** Stops after the step in progress; requests get no further answers. Resolves when the cache is saved. */
  async close(saveMs: number): Promise<void> {
    this.#waiting = [];
    for (const sequence of this.#running) sequence.canceled = true;
    this.#parts.decoder.abort();
    if (this.#isLooping) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
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
      const slot = await this.#cache.assign(next.request, this.#running.length > 0);
      if (!slot) return;
      // Canceled in the meantime.
      if (this.#waiting[0] !== next) slot.busy = false;
      else {
        this.#waiting.shift();
        this.#start(next, slot);
      }
    }
  }

  #start({ id, request }: Waiting, slot: Slot): void {
    const { guard } = this.#parts;
    try {
      if (request.grammar !== undefined) guard.enter(id);
      const sampler = new Sampler(this.#parts.sampling, request.sampling, request.grammar);
      sampler.acceptPrompt(request.prompt);
      const parts = { slot, sampler, cost: this.#cost, tokenizer: this.#parts.tokenizer };
      const sequence = new Sequence(id, request, parts);
      this.#running.push(sequence);
      if (request.progress) this.#listener.event(id, { type: 'progress', ...sequence.progress() });
    } catch (error) {
      slot.busy = false;
      this.#listener.failed(id, codeOf(error), messageOf(error));
    } finally {
      guard.leave();
    }
  }

  async #step(): Promise<void> {
    for (const call of groupCalls(this.#planStep())) {
      const entries = call.filter(({ sequence }) => !sequence.canceled);
      if (entries.length > 0 && !(await this.#compute(entries))) return;
      this.#listener.stepEnd();
    }
  }

  /** @returns false when the rest of the step must be planned again */
  async #compute(entries: readonly StepEntry[]): Promise<boolean> {
    const { contextLength } = this.#parts;
    const canPad = ({ tokens }: Slot, after: number) =>
      this.#cache.canUndo && tokens.length + after < contextLength;
    const step = fillStep(this.#batch, entries, this.#cache.slots, canPad, this.#cost.mostPadding);
    const hasPrompt = step.entries.some(({ sequence }) => !sequence.isDecoding);
    const startedAt = performance.now();
    const isLong = hasPrompt && this.#rate.expectedMs(this.#batch.size) > LONG_STEP_MS;
    this.#computing = step.entries;
    const code = await this.#parts.decoder.decode(this.#batch.native, isLong, needsAllThreads(step));
    this.#computing = [];
    endStep(step, this.#cache);
    if (code !== 0) {
      this.#recover(code, step);
      return false;
    }
    this.#recovery.succeeded();
    this.#measure(step, hasPrompt, performance.now() - startedAt);
    for (const entry of step.entries) await this.#finishStep(entry);
    return true;
  }

  /** Plans which tokens of which sequences the next step computes; never empty while any sequence is running. */
  #planStep(): StepEntry[] {
    const eligible = this.#recovery.eligible(this.#running);
    const decoding = eligible.filter((sequence) => sequence.isDecoding);
    const prompts = eligible.filter((sequence) => !sequence.isDecoding);
    const batchSize = Math.min(this.#batchSize, this.#recovery.mostTokens);
    const shares = this.#planPrompts(prompts, decoding.length, batchSize);
    return [
      ...decoding.map((sequence) => ({
        sequence,
        tokens: 1,
        draft: this.#draft(sequence),
        isAlone: sequence.isDeterministic,
      })),
      ...prompts.flatMap((sequence) => {
        const tokens = shares.get(sequence.slot.id);
        return tokens === undefined
          ? []
          : [{ sequence, tokens, draft: [], isAlone: sequence.isDeterministic || sequence.isScoring }];
      }),
    ];
  }

  /** Number of prompt tokens to compute, by slot. */
  #planPrompts(prompts: readonly Sequence[], decoding: number, batchSize: number): Map<number, number> {
    const demands = prompts.map((sequence) => ({
      slot: sequence.slot.id,
      computed: sequence.slot.tokens.length,
      remaining: this.#prefillLimit(sequence),
      isFixed: sequence.isDeterministic || sequence.isScoring,
      most: sequence.isScoring ? Math.min(batchSize, SCORED_TOKENS) : batchSize,
    }));
    const fixed = demands.filter(({ isFixed }) => isFixed);
    const shares = planPrefill({
      decoding: decoding + fixed.length,
      decodeMs: this.#cost.expectedMs(decoding),
      prefilling: demands.filter(({ isFixed }) => !isFixed),
      batchSize,
      prefillRate: this.#rate.tokensPerMillisecond,
    });
    for (const { slot, computed, remaining, most } of fixed) {
      shares.set(slot, fixedChunk(computed, remaining, most));
    }
    return shares;
  }

  /**
   * Number of prompt tokens that may be computed next: up to the next checkpoint, which the memory of some models needs,
   * and without the last token, which is computed alone, as it is when all tokens before it come from the cache.
   */
  #prefillLimit({ slot, request, remaining, generated }: Sequence): number {
    const limit = generated.length > 0 ? remaining : this.#cache.prefillLimit(slot, request.prompt.length);
    return Math.min(limit, Math.max(1, remaining - 1));
  }

  /**
   * Drafts only for a sequence that has the machine to itself: with several sequences, their own tokens make better use
   * of a batch.
   */
  #draft({ slot, drafts, tokens, request, generated, isDeterministic }: Sequence): readonly number[] {
    const isAlone = this.#running.length === 1 && this.#waiting.length === 0;
    if (!isAlone || isDeterministic || !this.#cache.canUndo) return [];
    const room = this.#parts.contextLength - slot.tokens.length - 1;
    const wanted = request.maxTokens > 0 ? request.maxTokens - generated.length - 1 : room;
    const batch = Math.min(this.#batchSize, this.#recovery.mostTokens) - 1;
    return drafts.draft(tokens, Math.min(room, wanted, batch));
  }

  #measure({ isWhole }: FilledStep, hasPrompt: boolean, milliseconds: number): void {
    if (hasPrompt) this.#rate.record(this.#batch.size, milliseconds);
    else if (isWhole) this.#cost.record(this.#batch.size, milliseconds);
  }

  async #finishStep(entry: PlacedEntry): Promise<void> {
    const { sequence } = entry;
    const { guard } = this.#parts;
    try {
      const ending = await this.#advance.run(entry, (event) => this.#listener.event(sequence.id, event));
      if (!ending) return;
      const rest = ending.byStopText ? undefined : sequence.text.flush();
      if (rest) this.#listener.event(sequence.id, { type: 'text', ...rest });
      this.#release(sequence);
      const { generated: tokens, text } = sequence;
      const { stopText } = text;
      this.#listener.event(sequence.id, {
        type: 'done',
        reason: ending.reason,
        ...(ending.byStopText && stopText !== undefined && { stopText }),
        timings: sequence.timings(),
        tokens,
      });
    } catch (error) {
      this.#fail(sequence, error);
    } finally {
      guard.leave();
    }
  }

  #fail(sequence: Sequence, error: unknown): void {
    if (codeOf(error) !== 'canceled') this.#cache.truncate(sequence.slot, 0);
    this.#release(sequence);
    this.#listener.failed(sequence.id, codeOf(error), messageOf(error));
  }

  #release(sequence: Sequence): void {
    sequence.slot.busy = false;
    sequence.sampler.free();
    this.#running = this.#running.filter((running) => running !== sequence);
  }

  /**
   * Discards the results of the step. An aborted step is repeated without the canceled sequences, a failed one in
   * smaller parts.
   */
  #recover(code: number, { entries }: FilledStep): void {
    const sequences = entries.map(({ sequence }) => sequence);
    for (const { slot } of sequences) this.#cache.truncate(slot, slot.tokens.length);
    if (code === DECODE_ABORTED) return;
    if (code === DECODE_NO_ROOM && this.#dropIdlePrefixes()) return;
    const hopeless = this.#recovery.failed(sequences, this.#batch.size);
    if (!hopeless) return;
    const message = `the engine could not compute the next tokens (llama_decode returned ${code})`;
    this.#fail(hopeless, new OllamaError('runner-failed', message));
  }

  /** @returns whether there were any */
  #dropIdlePrefixes(): boolean {
    const idle = this.#cache.slots.filter((slot) => !slot.busy && slot.tokens.length > 0);
    for (const slot of idle) this.#cache.truncate(slot, 0);
    return idle.length > 0;
  }
}

const childCodes: readonly ChildErrorCode[] = ['invalid-request', 'overrun', 'canceled'];

function codeOf(error: unknown): ChildErrorCode {
  const known = error instanceof OllamaError ? error.code : undefined;
  return childCodes.find((code) => code === known) ?? 'runner-failed';
}
