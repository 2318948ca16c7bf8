import { OllamaError } from '../../base/errors.ts';
import type {
  CompletionEvent,
  CompletionLogprob,
  CompletionRequest,
  FinishReason,
} from '../../protocol/completion.ts';
import { isPseudoToken } from '../../protocol/media.ts';
import type { KeptLogits } from '../cache/kept-logits.ts';
import type { PrefixCache } from '../cache/prefix-cache.ts';
import { chunkEnd } from '../media/spans.ts';
import type { Output } from '../sampling/logits.ts';
import { certainLogprob, firstLogprob, logprobOf, rowLogprob } from '../sampling/output-logprob.ts';
import type { SamplerParts } from '../sampling/sampler-parts.ts';
import type { SamplingGuard } from '../sampling/sampling-guard.ts';
import type { PushedText } from '../text/completion-text.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { forcedTokens } from './forced-tokens.ts';
import type { Sequence } from './sequence.ts';
import type { PlacedEntry } from './step.ts';

export interface AdvanceParts {
  readonly sampling: SamplerParts;
  readonly tokenizer: Tokenizer;
  readonly cache: PrefixCache;
  /** Told before each use of a grammar, so that it limits each token and not all tokens of a draft. */
  readonly guard: Pick<SamplingGuard, 'enter'>;
  /** Tokens per slot. */
  readonly contextLength: number;
  /** Maximum number of tokens in a call. */
  readonly batchSize: number;
  /** Whether pictures are computed in one go. */
  readonly isBidirectional: boolean;
}

/**
 * Maximum number of times that a completion steps back from banned strings; without a limit it could go on for hours.
 */
const MAX_STEPS_BACK = 1000;

const noBytes = new Uint8Array();

/** Why a completion ends. */
export interface Ending {
  readonly reason: FinishReason;
  /** Whether a stop string ended it; if so, none of the held-back text may be shown. */
  readonly byStopText: boolean;
}

export type Emit = (event: CompletionEvent) => void;

/** Advances one sequence after a step: samples, emits text and determines whether the completion ends. */
export class Advance {
  readonly #parts: AdvanceParts;

  constructor(parts: AdvanceParts) {
    this.#parts = parts;
  }

  /** @returns why the completion ended; undefined while it continues */
  async run(entry: PlacedEntry, emit: Emit): Promise<Ending | undefined> {
    const { sequence, tokens, draft, outputIndex, isPadded } = entry;
    const { slot } = sequence;
    const before = slot.tokens.length;
    const computed = before + tokens;
    for (let at = before; at < computed; at++) slot.tokens.push(sequence.tokens[at] ?? 0);
    sequence.ahead = 0;
    const isWholeChunk = computed === chunkEnd(slot.spans, before, this.#parts.isBidirectional);
    if (entry.isAlone && isWholeChunk && slot.fixedLength === before) slot.fixedLength = computed;
    if (!sequence.isDecoding)
      await this.#parts.cache.afterPrefill(slot, before, sequence.request.prompt.length);
    if (
      sequence.request.progress &&
      before < sequence.request.prompt.length &&
      sequence.generated.length === 0
    )
      emit({ type: 'progress', ...sequence.progress() });
    if (sequence.isScoring) this.#score(entry, before, emit);
    if (isPadded) this.#parts.cache.truncate(slot, computed);
    if (outputIndex === undefined) return undefined;
    if (sequence.generated.length === 0) this.#keepLogits(sequence, outputIndex);
    const ending = await this.#choose(sequence, outputIndex, draft, emit);
    const accepted = Math.max(0, slot.tokens.length - computed);
    sequence.drafted += draft.length;
    sequence.accepted += accepted;
    if (accepted < draft.length) this.#parts.cache.truncate(slot, slot.tokens.length);
    if (ending) return ending;
    return this.#hasRoom(sequence) ? undefined : { reason: 'length', byStopText: false };
  }

  /** Chooses the first token of a sequence whose slot holds its whole prompt and the logits after it. */
  runKept(sequence: Sequence, { values }: KeptLogits, emit: Emit): Promise<Ending | undefined> {
    return this.#choose(sequence, values, [], emit);
  }

  /** Samples what comes next, and adds what the grammar leaves no choice about before and after it. */
  async #choose(
    sequence: Sequence,
    output: Output,
    draft: readonly number[],
    emit: Emit,
  ): Promise<Ending | undefined> {
    if (sequence.generated.length === 0) {
      const early = this.#fastForward(sequence, emit);
      if (early || sequence.ahead > 0) return early;
    }
    const ending =
      typeof output === 'number'
        ? await this.#sampleAll(sequence, output, draft, emit)
        : await this.#sampleNext(sequence, output, emit);
    return ending ?? this.#fastForward(sequence, emit);
  }

  /**
   * Adds the text that the grammar leaves no choice about to a completion that asks for it. Its tokens are computed
   * together in the next step, and only what comes after them is sampled.
   */
  #fastForward(sequence: Sequence, emit: Emit): Ending | undefined {
    const { request, slot, sampler, generated, forced } = sequence;
    const isWanted = request.fastForward && request.bannedStrings === undefined && request.maxTokens !== 0;
    if (!isWanted || forced.length > 0) return undefined;
    this.#guard(sequence);
    const tokens = forcedTokens(this.#parts.tokenizer, sampler.forcedText());
    const left = request.maxTokens > 0 ? request.maxTokens - generated.length : tokens.length;
    const { contextLength, batchSize } = this.#parts;
    const room = Math.min(left, batchSize - 1, contextLength - slot.tokens.length - 1);
    for (const token of tokens.slice(0, Math.max(0, room))) {
      if (!sampler.mayAppear(token)) return undefined;
      sampler.accept(token);
      sequence.ahead++;
      const logprob =
        request.topLogprobs === undefined ? undefined : certainLogprob(this.#parts.sampling, token);
      const ending = this.#append(sequence, token, logprob, emit);
      if (ending) return ending;
    }
    return undefined;
  }

  #keepLogits({ slot, isDeterministic }: Sequence, outputIndex: number): void {
    const { cache, sampling } = this.#parts;
    cache.keepLogits(slot, sampling.logits.at(outputIndex), isDeterministic);
  }

  /** Reports the prompt tokens that follow those just computed, and before all others the first one. */
  #score({ sequence, firstIndex }: PlacedEntry, before: number, emit: Emit): void {
    const { slot, request } = sequence;
    const { prompt, promptLogprobs: count = 0 } = request;
    const end = Math.min(slot.tokens.length + 1, prompt.length);
    const tokens = prompt.slice(sequence.scored, end);
    const logprobs = tokens.map((token, index) => {
      const position = sequence.scored + index;
      if (isPseudoToken(token)) return rowLogprob;
      if (position === 0) return firstLogprob(this.#parts.sampling, token);
      return logprobOf(this.#parts.sampling, firstIndex + position - 1 - before, token, count);
    });
    sequence.scored = end;
    emit({ type: 'prompt', logprobs });
  }

  /** Samples after each output for as long as the samples match the draft. */
  async #sampleAll(
    sequence: Sequence,
    outputIndex: number,
    draft: readonly number[],
    emit: Emit,
  ): Promise<Ending | undefined> {
    for (let index = 0; ; index++) {
      const before = sequence.tokens.length;
      const ending = await this.#sampleNext(sequence, outputIndex + index, emit);
      if (ending) return ending;
      const steppedBack = sequence.tokens.length <= before;
      const token = sequence.tokens.at(-1);
      if (steppedBack || token === undefined || token !== draft[index]) return undefined;
      sequence.slot.tokens.push(token);
    }
  }

  async #sampleNext(sequence: Sequence, output: Output, emit: Emit): Promise<Ending | undefined> {
    const { request, text } = sequence;
    if (request.maxTokens === 0) return { reason: 'length', byStopText: false };
    this.#guard(sequence);
    const token = await this.#nextToken(sequence, output);
    if (this.#parts.tokenizer.isEndOfGeneration(token)) {
      sequence.countSampled();
      if (request.promptLogprobs !== undefined) text.push(noBytes, this.#logprob(request, token, output));
      return { reason: 'stop', byStopText: false };
    }
    return this.#append(sequence, token, this.#logprob(request, token, output), emit);
  }

  /** Adds a token to the completion. */
  #append(
    sequence: Sequence,
    token: number,
    logprob: CompletionLogprob | undefined,
    emit: Emit,
  ): Ending | undefined {
    const { request, generated, tokens, drafts } = sequence;
    sequence.countSampled();
    generated.push(token);
    tokens.push(token);
    drafts.observe(token);
    const { stopped, bannedFrom } = this.#deliver(sequence, token, logprob, emit);
    if (stopped) return { reason: 'stop', byStopText: true };
    if (bannedFrom !== undefined) {
      this.#stepBack(sequence, bannedFrom);
      return undefined;
    }
    const isLast = request.maxTokens > 0 && generated.length >= request.maxTokens;
    return isLast ? { reason: 'length', byStopText: false } : undefined;
  }

  /** Returns the model's choice, unless the thinking has used up its budget; then the tokens that end the thinking. */
  #nextToken(sequence: Sequence, output: Output): number | Promise<number> {
    const { thinking, forced, request, sampler } = sequence;
    if (thinking?.isSpent && forced.length === 0) {
      forced.push(...this.#parts.tokenizer.tokenize(request.thinking?.end ?? '', false, true));
    }
    const next = forced.shift();
    if (next === undefined) return sampler.sample(output, () => sequence.canceled);
    sampler.accept(next);
    return next;
  }

  #guard({ id, request }: Sequence): void {
    if (request.grammar !== undefined) this.#parts.guard.enter(id);
  }

  #deliver(
    { text, thinking, visibleTokens }: Sequence,
    token: number,
    logprob: CompletionLogprob | undefined,
    emit: Emit,
  ): PushedText {
    const bytes = this.#parts.tokenizer.piece(token, visibleTokens.has(token));
    thinking?.observe(Buffer.from(bytes).toString());
    const pushed = text.push(bytes, logprob);
    if (pushed.piece) emit({ type: 'text', ...pushed.piece });
    return pushed;
  }

  #logprob({ topLogprobs }: CompletionRequest, token: number, output: Output): CompletionLogprob | undefined {
    if (topLogprobs === undefined) return undefined;
    return logprobOf(this.#parts.sampling, output, token, topLogprobs);
  }

  /** Drops this generated token and everything after it. The token before it is computed again for its logits. */
  #stepBack(sequence: Sequence, from: number): void {
    const { generated, tokens, sampler, slot } = sequence;
    sequence.stepsBack++;
    sequence.forced.length = 0;
    if (sequence.stepsBack > MAX_STEPS_BACK) {
      const message = `"banned_strings" left no possible continuation; stopped after ${MAX_STEPS_BACK} attempts`;
      throw new OllamaError('invalid-request', message);
    }
    const dropped = generated.splice(from);
    tokens.length -= dropped.length;
    this.#guard(sequence);
    sampler.rewind(generated);
    sampler.forbid(dropped.slice(0, 1));
    this.#parts.cache.truncate(slot, tokens.length - 1);
    sequence.uncountSampled(dropped.length);
  }

  /**
   * Whether the slot has room for one more token; if the slot is full, a context shift makes room where the request
   * allows it.
   */
  #hasRoom({ slot, request, tokens }: Sequence): boolean {
    if (slot.tokens.length < this.#parts.contextLength) return true;
    if (!request.shift) return false;
    const keep = request.keep < 0 ? request.prompt.length : request.keep;
    const kept = Math.min(keep, slot.tokens.length - 1);
    const dropped = this.#parts.cache.shift(slot, kept);
    tokens.splice(kept, dropped);
    return dropped > 0;
  }
}
