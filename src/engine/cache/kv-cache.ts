import type { Bindings, MaybePointer, Pointer } from '../native/bindings.ts';
import { commonPrefix, type Slot } from './slot.ts';

/** The KV cache of a context: every change of its contents goes through here, together with the slot's own record. */
export class KvCache {
  readonly #bindings: Bindings;
  /** Null for models that keep no memory at all. */
  readonly #memory: MaybePointer;
  readonly canShift: boolean;
  /** Whether the end of a sequence can be forgotten: recurrent memory holds only the newest state. */
  readonly canTruncate: boolean;

  constructor(bindings: Bindings, context: Pointer) {
    this.#bindings = bindings;
    this.#memory = bindings.memory(context);
    const model = bindings.modelOf(context);
    this.canTruncate =
      this.#memory !== null && !bindings.modelIsRecurrent(model) && !bindings.modelIsHybrid(model);
    this.canShift = this.#memory !== null && bindings.memoryCanShift(this.#memory);
  }

  /**
   * Keeps of the slot's cache what the prompt begins with. At least one prompt token is left to compute, since the
   * first sampling needs its logits.
   */
  reusePrefix(slot: Slot, prompt: readonly number[]): void {
    const reusable = Math.min(commonPrefix(slot.tokens, prompt), prompt.length - 1);
    this.truncate(slot, reusable);
  }

  /** Forgets everything from this position on; recurrent models can only forget all. */
  truncate(slot: Slot, length: number): void {
    if (this.#memory === null) return;
    const removed = length > 0 && this.#bindings.memoryRemove(this.#memory, slot.id, length, -1);
    if (!removed) this.#bindings.memoryRemove(this.#memory, slot.id, -1, -1);
    slot.tokens.length = removed ? Math.min(length, slot.tokens.length) : 0;
  }

  /**
   * Makes room in a full slot: keeps the first `keep` tokens, drops the older half of the rest and moves the newer
   * half up (as llama.cpp's own context shift does).
   * @returns tokens dropped; 0 when the model's memory cannot be shifted
   */
  shift(slot: Slot, keep: number): number {
    const discard = Math.floor((slot.tokens.length - keep) / 2);
    if (!this.canShift || this.#memory === null || discard < 1) return 0;
    this.#bindings.memoryRemove(this.#memory, slot.id, keep, keep + discard);
    this.#bindings.memoryShift(this.#memory, slot.id, keep + discard, slot.tokens.length, -discard);
    slot.tokens.splice(keep, discard);
    return discard;
  }
}
