/**
 * Continuous batching: one loop for all sequences of a model. Each step decodes one token for every running completion
 * in a single `llama_decode`, and a share of the waiting prompts in further ones (see `step-plan.ts`).
 */
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { CompletionEvent, CompletionRequest } from '../../protocol/completion.ts';
import type { ChildErrorCode } from '../../protocol/frames.ts';
import type { PrefixCache } from '../cache/prefix-cache.ts';
import type { Slot } from '../cache/slot.ts';
import { childErrorCode } from '../child-error-code.ts';
import type { EngineMeter } from '../figures/engine-meter.ts';
import { checkMedia, textTokens } from '../media/check-media.ts';
import { wholePieces } from '../media/spans.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { Sampler } from '../sampling/sampler.ts';
import type { SamplerParts } from '../sampling/sampler-parts.ts';
import type { SamplingGuard } from '../sampling/sampling-guard.ts';
import type { Speculation } from '../speculation/speculation.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { Advance, type Emit, type Ending } from './advance.ts';
import { Batch } from './batch.ts';
import { DecodeCost } from './decode-cost.ts';
import { DECODE_ABORTED, DECODE_NO_ROOM, type Decoder } from './decoder.ts';
import { type MediaParts, MediaSteps } from './media-steps.ts';
import { type PlanParts, planStep } from './plan-step.ts';
import { PrefillRate } from './prefill-rate.ts';
import { requireRoom } from './prompt-room.ts';
import { Recovery } from './recovery.ts';
import { Sequence } from './sequence.ts';
import { slotStates } from './slot-states.ts';
import {
  countOf,
  endStep,
  type FilledStep,
  fillStep,
  isMeasurable,
  kindOf,
  needsAllThreads,
  type StepEntry,
} from './step.ts';
import { StepDrafts } from './step-drafts.ts';
import { groupCalls } from './step-plan.ts';

export interface LoopParts {
  readonly bindings: Bindings;
  readonly context: Pointer;
  readonly tokenizer: Tokenizer;
  readonly slots: number;
  /** Tokens per slot. */
  readonly contextLength: number;
  readonly batchSize: number;
  /** Maximum number of tokens in a call whose logits are computed. */
  readonly outputs: number;
  readonly decoder: Decoder;
  readonly meter: EngineMeter;
  readonly sampling: SamplerParts;
  readonly cache: PrefixCache;
  readonly guard: Pick<SamplingGuard, 'enter' | 'leave'>;
  /** What drafts beside prompt lookup; absent = nothing. */
  readonly speculation?: Speculation;
  /** The encoder of pictures or sound; absent = the model takes text only. */
  readonly media?: MediaParts;
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
  /** Whether its thinking is to end before it begins. */
  isThinkingOver?: true;
}

/** A longer step must be open to a cancel; a shorter one is quicker on the JavaScript thread. */
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
  readonly #plan: PlanParts;
  readonly #media: MediaSteps | undefined;
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
    const isBidirectional = parts.media?.facts.isBidirectional ?? false;
    this.#advance = new Advance({ ...parts, isBidirectional });
    this.#media = parts.media && new MediaSteps({ ...parts, ...parts.media });
    const { cache } = parts;
    const drafts = new StepDrafts({ ...parts, cost: this.#cost, speculation: parts.speculation });
    this.#plan = { cache, drafts, cost: this.#cost, rate: this.#rate, media: this.#media };
  }

  /** @throws OllamaError when the request cannot run at all */
  submit(id: number, request: CompletionRequest): void {
    requireRoom(request.prompt, this.#parts.contextLength);
    checkMedia(request, this.#media?.facts);
    this.#parts.tokenizer.requireKnown(textTokens(request));
    this.#waiting.push({ id, request });
    this.#media?.noteChange();
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
    this.#media?.noteChange();
    // What the call in progress computes for others must not be lost.
    const isForNobody = this.#computing.every(({ sequence: { canceled } }) => canceled);
    if (this.#computing.length > 0 && isForNobody) this.#parts.decoder.abort();
  }

  /** Ends the thinking of a completion with its next token. */
  endThinking(id: number): void {
    this.#running.find((running) => running.id === id)?.thinking?.stop();
    const waiting = this.#waiting.find((one) => one.id === id);
    if (waiting) waiting.isThinkingOver = true;
  }

  /** Number of tokens that running sequences hold in the KV cache. */
  get heldTokens(): number {
    return this.#running.reduce((sum, { slot }) => sum + slot.tokens.length, 0);
  }

  /** What the slots, host memory and the disk hold. */
  contents() {
    return { slots: slotStates(this.#cache.slots, this.#running), stored: this.#cache.stored };
  }

  /** Stops after the step in progress; requests get no further answers. Resolves when the cache is saved. */
  async close(saveMs: number): Promise<void> {
    this.#waiting = [];
    for (const sequence of this.#running) sequence.canceled = true;
    this.#media?.noteChange();
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
    do await this.#turns();
    while (await this.#media?.end());
    this.#isLooping = false;
    this.#onIdle?.();
  }

  /** Computes steps until there is nothing left to do. */
  async #turns(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running.length > 0) {
      this.#dropCanceled();
      await this.#admit();
      await this.#sampleKept();
      for (const [sequence, error] of this.#media?.update(this.#running) ?? []) this.#fail(sequence, error);
      const hasComputed = await this.#step();
      const hasEncoded = await this.#media?.turn(!hasComputed);
      this.#listener.stepEnd();
      if (!hasComputed && !hasEncoded && this.#running.length > 0) await this.#media?.waitForChange();
      // Lets frames from the parent in: new requests and cancels take effect between steps.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #dropCanceled(): void {
    for (const sequence of this.#running.filter((running) => running.canceled)) {
      this.#release(sequence);
      this.#listener.failed(sequence.id, 'canceled', 'request canceled');
    }
  }

  async #admit(): Promise<void> {
    let held = 0;
    for (const next of this.#waiting) {
      if (this.#cache.shouldWait(next.request, this.#promptsInWork())) {
        held++;
        continue;
      }
      // Whoever waits for a prompt keeps their claim to a slot.
      if (held > 0 && this.#cache.freeSlots <= held) return;
      const slot = await this.#cache.assign(next.request, this.#computable().length > 0);
      if (!slot) return;
      // Canceled in the meantime.
      if (!this.#waiting.includes(next)) slot.busy = false;
      else {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
        this.#start(next, slot);
      }
    }
  }

  #promptsInWork() {
    const prompts = this.#running.filter(({ generated, canceled }) => generated.length === 0 && !canceled);
    return prompts.map(({ slot, request: { prompt }, isDeterministic: isFixed }) => ({
      slot,
      prompt,
      isFixed,
    }));
  }

  #start({ id, request, isThinkingOver }: Waiting, slot: Slot): void {
    const { guard } = this.#parts;
    try {
      if (request.grammar !== undefined) guard.enter(id);
      const sampler = new Sampler(this.#parts.sampling, request.sampling, request.grammar);
      sampler.acceptPrompt(textTokens(request));
      const parts = { slot, sampler, tokenizer: this.#parts.tokenizer };
      const sequence = new Sequence(id, request, parts);
      if (isThinkingOver) sequence.thinking?.stop();
      this.#running.push(sequence);
      this.#parts.meter.prompt(request.prompt.length, sequence.cachedTokens, slot.origin);
      this.#parts.meter.steps.begun(sequence);
      if (request.progress) this.#listener.event(id, { type: 'progress', ...sequence.progress() });
    } catch (error) {
      slot.busy = false;
      this.#listener.failed(id, childErrorCode(error), messageOf(error));
    } finally {
      guard.leave();
    }
  }

  /** The running sequences that need not wait for the rows of a picture. */
  #computable(): readonly Sequence[] {
    return this.#recovery.eligible(this.#running).filter((sequence) => !this.#media?.isWaiting(sequence));
  }

  /** @returns whether there was anything to compute */
  async #step(): Promise<boolean> {
    const sequences = this.#computable();
    if (sequences.length === 0) return false;
    const plan = await planStep(this.#plan, {
      eligible: sequences,
      running: this.#running.length,
      batchSize: Math.min(this.#batchSize, this.#recovery.mostTokens),
    });
    this.#parts.meter.step(plan.reduce((sum, { tokens, draft }) => sum + tokens + draft.length, 0));
    for (const call of groupCalls(plan, this.#batchSize)) {
      const entries = call.filter(({ sequence }) => !sequence.canceled);
      if (entries.length > 0 && !(await this.#compute(entries))) return true;
      this.#listener.stepEnd();
    }
    return true;
  }

  /** @returns false when the rest of the step must be planned again */
  async #compute(entries: readonly StepEntry[]): Promise<boolean> {
    const { contextLength } = this.#parts;
    const canPad = ({ tokens }: Slot, after: number) =>
      this.#cache.canPad && tokens.length + after < contextLength;
    const [first] = entries;
    const media = first?.rows && this.#media;
    const step = media
      ? media.fill(first, first.rows)
      : fillStep(this.#batch, entries, this.#cache.slots, canPad, this.#cost.mostPadding);
    const { native, size } = media ? media.batch : this.#batch;
    const kind = kindOf(step);
    const hasPrompt = kind !== 'decode';
    const startedAt = performance.now();
    const isLong = (hasPrompt ? this.#rate : this.#cost).expectedMs(size) > LONG_STEP_MS;
    const { speculation } = this.#parts;
    speculation?.beforeCall(step);
    this.#computing = step.entries;
    const decode = () => this.#parts.decoder.decode(native, isLong, needsAllThreads(step));
    const code = await (media ? media.decode(first.sequence, decode) : decode());
    this.#computing = [];
    endStep(step, this.#cache);
    if (code !== 0) {
      this.#recover(code, step);
      return false;
    }
    this.#recovery.succeeded();
    const milliseconds = performance.now() - startedAt;
    if (hasPrompt) this.#rate.record(size, milliseconds);
    else if (isMeasurable(step)) this.#cost.record(size, milliseconds);
    this.#parts.meter.call({ kind, tokens: size, ...countOf(step), milliseconds });
    this.#parts.meter.steps.called({ entries: step.entries, startedAt, milliseconds, tokens: size });
    await speculation?.afterCall(step);
    for (const entry of step.entries) {
      await this.#advanceBy(entry.sequence, (emit) => this.#advance.run(entry, emit), entry.draft.length);
    }
    return true;
  }

  /** Advances the sequences that need no decode for their first token. */
  async #sampleKept(): Promise<void> {
    for (const sequence of this.#running) {
      const { logits } = sequence.slot;
      if (!logits || sequence.remaining > 0) continue;
      await this.#advanceBy(sequence, (emit) => this.#advance.runKept(sequence, logits, emit));
    }
  }

  async #advanceBy(
    sequence: Sequence,
    advance: (emit: Emit) => Promise<Ending | undefined>,
    drafted = 0,
  ): Promise<void> {
    const { guard, meter } = this.#parts;
    const { sampledTokens, accepted } = sequence;
    try {
      const ending = await advance((event) => this.#listener.event(sequence.id, event));
      meter.advanced(sequence, { sampledTokens, accepted }, drafted);
      meter.steps.advanced(sequence, { sampledTokens, accepted }, drafted);
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
    if (childErrorCode(error) !== 'canceled') this.#cache.truncate(sequence.slot, 0);
    this.#release(sequence);
    this.#listener.failed(sequence.id, childErrorCode(error), messageOf(error));
  }

  #release(sequence: Sequence): void {
    const { slot } = sequence;
    // A piece that is computed in part is of no use to anyone.
    if (wholePieces(slot.spans, slot.tokens.length) < slot.tokens.length)
      this.#cache.truncate(slot, slot.tokens.length);
    slot.busy = false;
    sequence.sampler.free();
    this.#running = this.#running.filter((running) => running !== sequence);
  }

  /**
   * Discards the results of the step. An aborted step is repeated without the canceled sequences, a failed one in
   * smaller parts.
   */
  #recover(code: number, { entries }: FilledStep): void {
    const hasRows = entries.some(({ rows }) => rows !== undefined);
    const sequences = entries.map(({ sequence }) => sequence);
    for (const { slot } of sequences) {
      const { length } = slot.tokens;
      this.#cache.recover(slot);
      if (slot.tokens.length < length) this.#parts.meter.preempted();
    }
    if (code === DECODE_ABORTED) return;
    if (code === DECODE_NO_ROOM && this.#dropIdlePrefixes()) return;
    // Rows go back to the start of their piece, so that smaller parts would bring it no nearer to its end.
    const hopeless = this.#recovery.failed(sequences, hasRows ? 1 : this.#batch.size);
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
