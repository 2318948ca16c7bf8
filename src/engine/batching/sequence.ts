import type { CompletionRequest, CompletionTimings } from '../../runner/protocol.ts';
import type { Slot } from '../cache/slot.ts';
import type { Sampler } from '../sampling/sampler.ts';
import { CompletionText } from '../text/completion-text.ts';

const NANOSECONDS_PER_MILLISECOND = 1e6;

/** One running completion: a request in its slot. */
export class Sequence {
  readonly id: number;
  readonly request: CompletionRequest;
  readonly slot: Slot;
  readonly sampler: Sampler;
  readonly text: CompletionText;
  /** Tokens sampled, without the end-of-generation token. */
  readonly generated: number[] = [];
  /** Prompt tokens whose cache was reused. */
  readonly cachedTokens: number;
  /** Sampled, but not yet computed. */
  pendingToken: number | undefined;
  /** Index in the current batch whose logits will be sampled. */
  outputIndex: number | undefined;
  canceled = false;
  #sampledTokens = 0;
  readonly #startedAt = performance.now();
  #firstTokenAt: number | undefined;

  constructor(id: number, request: CompletionRequest, slot: Slot, sampler: Sampler) {
    this.id = id;
    this.request = request;
    this.slot = slot;
    this.sampler = sampler;
    this.text = new CompletionText(request.stop);
    this.cachedTokens = slot.tokens.length;
  }

  /** Prompt tokens not yet computed. Computed tokens only ever grow beyond the prompt once it is complete. */
  get remainingPrompt(): number {
    return this.pendingToken === undefined
      ? Math.max(0, this.request.prompt.length - this.slot.tokens.length)
      : 0;
  }

  get isDecoding(): boolean {
    return this.pendingToken !== undefined;
  }

  countSampled(): void {
    this.#sampledTokens++;
    this.#firstTokenAt ??= performance.now();
  }

  timings(): CompletionTimings {
    const end = performance.now();
    const firstTokenAt = this.#firstTokenAt ?? end;
    return {
      promptTokens: this.request.prompt.length,
      cachedTokens: this.cachedTokens,
      promptNanoseconds: Math.round((firstTokenAt - this.#startedAt) * NANOSECONDS_PER_MILLISECOND),
      completionTokens: this.#sampledTokens,
      completionNanoseconds: Math.round((end - firstTokenAt) * NANOSECONDS_PER_MILLISECOND),
    };
  }
}
