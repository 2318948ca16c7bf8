import { OllamaError } from '../../base/errors.ts';
import type { CompletionEvent, FinishReason } from '../../protocol/completion.ts';
import type { PrefixCache } from '../cache/prefix-cache.ts';
import { logprobOf } from '../sampling/output-logprob.ts';
import type { SamplerParts } from '../sampling/sampler-parts.ts';
import type { PushedText } from '../text/completion-text.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Sequence } from './sequence.ts';
import type { PlacedEntry } from './step.ts';

export interface AdvanceParts {
  readonly sampling: SamplerParts;
  readonly tokenizer: Tokenizer;
  readonly cache: PrefixCache;
  /** Tokens per slot. */
  readonly contextLength: number;
}

/** A completion that is led away from banned strings this often would otherwise go on for hours. */
const MAX_STEPS_BACK = 1000;

/** Why a completion ends. */
interface Ending {
  readonly reason: FinishReason;
  /** A stop string ended it: nothing of the text held back may be shown. */
  readonly byStopText: boolean;
}

type Emit = (event: CompletionEvent) => void;

/** Takes one sequence on after a step: samples, gives out text, and finds out whether the completion ends. */
export class Advance {
  readonly #parts: AdvanceParts;

  constructor(parts: AdvanceParts) {
    this.#parts = parts;
  }

  /** @returns why the completion ended, undefined while it goes on */
  async run(entry: PlacedEntry, emit: Emit): Promise<Ending | undefined> {
    const { sequence, tokens, draft, outputIndex } = entry;
    const { slot } = sequence;
    const before = slot.tokens.length;
    const computed = before + tokens;
    for (let at = before; at < computed; at++) slot.tokens.push(sequence.tokens[at] ?? 0);
    if (!sequence.isDecoding)
      await this.#parts.cache.afterPrefill(slot, before, sequence.request.prompt.length);
    if (outputIndex === undefined) return undefined;
    const ending = this.#sampleAll(sequence, outputIndex, draft, emit);
    const accepted = Math.max(0, slot.tokens.length - computed);
    sequence.drafted += draft.length;
    sequence.accepted += accepted;
    if (accepted < draft.length) this.#parts.cache.truncate(slot, slot.tokens.length);
    if (ending) return ending;
    return this.#hasRoom(sequence) ? undefined : { reason: 'length', byStopText: false };
  }

  /** Samples after each output for as long as the samples are what had been guessed. */
  #sampleAll(
    sequence: Sequence,
    outputIndex: number,
    draft: readonly number[],
    emit: Emit,
  ): Ending | undefined {
    for (let index = 0; ; index++) {
      const before = sequence.tokens.length;
      const ending = this.#sampleNext(sequence, outputIndex + index, emit);
      if (ending) return ending;
      const steppedBack = sequence.tokens.length <= before;
      const token = sequence.tokens.at(-1);
      if (steppedBack || token === undefined || token !== draft[index]) return undefined;
      sequence.slot.tokens.push(token);
    }
  }

  #sampleNext(sequence: Sequence, outputIndex: number, emit: Emit): Ending | undefined {
    const { request, generated, tokens, drafts } = sequence;
    if (request.maxTokens === 0) return { reason: 'length', byStopText: false };
    const token = this.#nextToken(sequence, outputIndex);
    sequence.countSampled();
    if (this.#parts.tokenizer.isEndOfGeneration(token)) return { reason: 'stop', byStopText: false };
    generated.push(token);
    tokens.push(token);
    drafts.observe(token);
    const { stopped, bannedFrom } = this.#deliver(sequence, token, outputIndex, emit);
    if (stopped) return { reason: 'stop', byStopText: true };
    if (bannedFrom !== undefined) {
      this.#stepBack(sequence, bannedFrom);
      return undefined;
    }
    const isLast = request.maxTokens > 0 && generated.length >= request.maxTokens;
    return isLast ? { reason: 'length', byStopText: false } : undefined;
  }

  /** What the model says, unless its thinking has gone on for too long. */
  #nextToken({ thinking, forced, request, sampler }: Sequence, outputIndex: number): number {
    if (thinking?.isSpent && forced.length === 0) {
      forced.push(...this.#parts.tokenizer.tokenize(request.thinking?.end ?? '', false, true));
    }
    const next = forced.shift();
    if (next === undefined) return sampler.sample(outputIndex);
    sampler.accept(next);
    return next;
  }

  #deliver(sequence: Sequence, token: number, outputIndex: number, emit: Emit): PushedText {
    const { request, text, thinking, visibleTokens } = sequence;
    const { topLogprobs } = request;
    const logprob =
      topLogprobs === undefined
        ? undefined
        : logprobOf(this.#parts.sampling, outputIndex, token, topLogprobs);
    const bytes = this.#parts.tokenizer.piece(token, visibleTokens.has(token));
    thinking?.observe(Buffer.from(bytes).toString());
    const pushed = text.push(bytes, logprob);
    if (pushed.piece) emit({ type: 'text', ...pushed.piece });
    return pushed;
  }

  /** Takes back everything from this generated token on; the token before it is computed again for its logits. */
  #stepBack(sequence: Sequence, from: number): void {
    const { generated, tokens, sampler, slot } = sequence;
    sequence.stepsBack++;
    sequence.forced.length = 0;
    if (sequence.stepsBack > MAX_STEPS_BACK) {
      const message = `"banned_strings" left nothing to say: given up after ${MAX_STEPS_BACK} attempts`;
      throw new OllamaError('invalid-request', message);
    }
    const dropped = generated.splice(from);
    tokens.length -= dropped.length;
    sampler.rewind(generated);
    sampler.forbid(dropped.slice(0, 1));
    this.#parts.cache.truncate(slot, tokens.length - 1);
    sequence.uncountSampled(dropped.length);
  }

  /** Room for one more token in the slot, made by a context shift when the request allows it. */
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
