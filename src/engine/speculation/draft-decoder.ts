import type { Batch } from '../batching/batch.ts';
import { DecodeCost } from '../batching/decode-cost.ts';
import { PrefillRate } from '../batching/prefill-rate.ts';
import { MIN_CHUNK_TOKENS } from '../batching/step-plan.ts';
import type { Bindings, MaybePointer, NativeBatch } from '../native/bindings.ts';

/**
 * A token that what drafts holds less likely than this itself is rejected too often to be worth its cost, and so is
 * whatever would follow it.
 */
export const LEAST_PROBABILITY = 0.4;
/** A context that fails as often in a row will not recover. */
const MAX_FAILURES = 3;

export interface DraftDecoderParts {
  readonly bindings: Pick<Bindings, 'memoryRemove'>;
  /** The memory of the context that drafts. */
  readonly memory: MaybePointer;
  /** @returns llama_decode's code, 0 for success */
  readonly decode: (batch: NativeBatch) => Promise<number>;
  /** Called once when drafting ends because of a failure. */
  readonly onFailure: (reason: string) => void;
}

/** Decodes in the context that drafts, and measures what that costs. */
export class DraftDecoder {
  readonly cost = new DecodeCost();
  readonly rate = new PrefillRate();
  readonly #parts: DraftDecoderParts;
  #failures = 0;

  constructor(parts: DraftDecoderParts) {
    this.#parts = parts;
  }

  get isBroken(): boolean {
    return this.#failures >= MAX_FAILURES;
  }

  /**
   * @param slots whose sequences the batch holds
   * @param extraMs time that the preparation of this call took, which is part of what drafting costs
   * @returns false when it failed; nothing is left of these sequences then
   */
  async run({ native, size }: Batch, slots: readonly number[], extraMs = 0): Promise<boolean> {
    const startedAt = performance.now() - extraMs;
    const code = await this.#parts.decode(native);
    if (code === 0) {
      this.#failures = 0;
      const milliseconds = performance.now() - startedAt;
      if (size >= MIN_CHUNK_TOKENS) this.rate.record(size, milliseconds);
      else if (size === slots.length) this.cost.record(size, milliseconds);
      return true;
    }
    for (const slot of slots) this.remove(slot, 0);
    this.#failures++;
    if (this.isBroken) this.#parts.onFailure(`llama_decode returned ${code} ${MAX_FAILURES} times in a row`);
    return false;
  }

  /** Removes what a sequence holds from this position on. */
  remove(slot: number, from: number): void {
    const { bindings, memory } = this.#parts;
    if (memory !== null) bindings.memoryRemove(memory, slot, from === 0 ? -1 : from, -1);
  }
}
