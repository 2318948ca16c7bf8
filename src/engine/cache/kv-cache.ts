import { MIB } from '../../base/units.ts';
import { positionOf, wholePieces } from '../media/spans.ts';
import { type Bindings, callAsync, type MaybePointer, type Pointer } from '../native/bindings.ts';
import { likelyCuts, thinCheckpoints } from './checkpoint-plan.ts';
import { copiedLogits, keepLogits } from './kept-logits.ts';
import { asCopied, canCutTo, exactTokens, type MemoryTraits } from './reuse.ts';
import type { Checkpoint, Holding, Slot } from './slot.ts';

/** A copy of a slot's state outside the KV cache. */
export interface SavedState extends Holding {
  readonly state: Uint8Array;
  readonly checkpoints: readonly Checkpoint[];
}

/** Flags from llama.h: the whole state of a sequence, or only the part that cannot be rolled back. */
const WHOLE = 0;
const PARTIAL_ONLY = 1;
/** From this size on (about 50 ms), a copy runs on a worker thread so that frames are received meanwhile. */
const LONG_COPY_BYTES = 64 * MIB;
/** Far more than one conversation of a large model, less than the maximum size of a Buffer. */
const MAX_STATE_BYTES = 2 ** 31;

/** The KV cache of a context. Every change of its contents goes through here and updates the slot's own record. */
export class KvCache {
  readonly traits: MemoryTraits;
  readonly #bindings: Bindings;
  readonly #context: Pointer;
  /** Null for models without any memory. */
  readonly #memory: MaybePointer;
  readonly #canShift: boolean;

  constructor(bindings: Bindings, context: Pointer, traits: MemoryTraits) {
    this.traits = traits;
    this.#bindings = bindings;
    this.#context = context;
    this.#memory = bindings.memory(context);
    this.#canShift = this.#memory !== null && bindings.memoryCanShift(this.#memory);
  }

  /**
   * Removes everything behind this many tokens, and as much before it as the model's memory requires to roll back; of a
   * piece of media nothing stays but all of it. `slot.tokens` holds what is left.
   */
  truncate(slot: Slot, length: number): void {
    if (this.#memory === null) return;
    const kept = wholePieces(slot.spans, Math.min(length, slot.tokens.length));
    if (!this.#cut(this.#memory, slot, kept)) this.#goBack(this.#memory, slot, kept);
  }

  /**
   * Restores a slot after a call that failed or was aborted. llama.cpp takes back the tokens of such a call, but a state
   * with snapshots has none from before the call: it then steps back to an outdated one and reports success.
   */
  recover(slot: Slot): void {
    if (this.#memory === null) return;
    const { length } = slot.tokens;
    if (this.traits.snapshots) this.#goBack(this.#memory, slot, wholePieces(slot.spans, length));
    else this.truncate(slot, length);
  }

  /**
   * Makes room in a full slot: keeps the first `keep` tokens, drops the older half of the rest and moves the newer half
   * up (as llama.cpp's own context shift does).
   * @returns number of tokens dropped; 0 when the model's memory cannot be shifted, or the slot holds media
   */
  shift(slot: Slot, keep: number): number {
    const discard = Math.floor((slot.tokens.length - keep) / 2);
    if (slot.spans.some(({ start }) => start < slot.tokens.length)) return 0;
    if (!this.#canShift || this.#memory === null || discard < 1) return 0;
    this.#bindings.memoryRemove(this.#memory, slot.id, keep, keep + discard);
    this.#bindings.memoryShift(this.#memory, slot.id, keep + discard, slot.tokens.length, -discard);
    slot.tokens.splice(keep, discard);
    // The state computed after the dropped tokens still depends on them.
    slot.exactLength = Math.min(slot.exactLength, keep);
    slot.fixedLength = Math.min(slot.fixedLength, keep);
    slot.checkpoints = slot.checkpoints.filter((checkpoint) => checkpoint.length <= keep);
    dropLogitsBehind(slot, keep);
    return discard;
  }

  /**
   * Size in bytes of what `save` would return, including checkpoints and logits; undefined when the slot's content cannot be saved
   * or is not worth saving.
   */
  stateBytes(slot: Slot): number | undefined {
    if (this.#memory === null) return undefined;
    const isShifted = exactTokens(slot) < slot.tokens.length;
    if (isShifted && !(this.traits.canRollBack && this.traits.window === 0)) return undefined;
    const bytes = Number(this.#bindings.stateSize(this.#context, slot.id, WHOLE));
    if (bytes > MAX_STATE_BYTES) return undefined;
    return bytes + checkpointBytes(slot.checkpoints) + (slot.logits?.values.byteLength ?? 0);
  }

  /**
   * Copies a slot's state. The copy is made immediately, unlike that of `llama_memory_seq_cp`, which moves the whole
   * buffer of the sequence at the next decode and so includes what was written in between.
   * @param needed number of tokens that the slot must still hold afterwards; the rest may be cut
   */
  async save(slot: Slot, needed = Number.POSITIVE_INFINITY): Promise<SavedState | undefined> {
    if (this.stateBytes(slot) === undefined) return undefined;
    const state = await this.#readState(slot, WHOLE);
    if (!state) return undefined;
    const { salt, lastUsed, fixedLength, windowStart } = asCopied(slot, this.traits);
    const tokens = slot.tokens.slice(0, exactTokens(slot));
    const logits = slot.logits && copiedLogits(slot.logits);
    await this.#checkpointBehind(slot, needed);
    const checkpoints = [...slot.checkpoints];
    const exactLength = Number.POSITIVE_INFINITY;
    const facts = { tokens, salt, lastUsed, exactLength, fixedLength, windowStart };
    return { ...facts, checkpoints, state, ...(logits && { logits }) };
  }

  /** Puts a saved state into a slot. @returns false when llama.cpp rejects it; the slot is empty then */
  async restore(slot: Slot, saved: SavedState): Promise<boolean> {
    if (this.#memory === null) return false;
    this.#forget(this.#memory, slot);
    if (!(await this.#writeState(slot, saved.state, WHOLE))) {
      this.#forget(this.#memory, slot);
      return false;
    }
    slot.tokens = [...saved.tokens];
    slot.fixedLength = saved.fixedLength;
    slot.windowStart = saved.windowStart;
    slot.checkpoints = [...saved.checkpoints];
    if (saved.logits) keepLogits(slot, saved.logits);
    return true;
  }

  /** Saves the current state of the part that cannot be rolled back. */
  async checkpoint(slot: Slot): Promise<void> {
    const state = await this.#readState(slot, PARTIAL_ONLY);
    if (state)
      slot.checkpoints = thinCheckpoints([...slot.checkpoints, { length: slot.tokens.length, state }]);
  }

  /** A copy lacks what the sliding window has passed, so this leaves checkpoints where the next prompt may diverge. */
  async #checkpointBehind(slot: Slot, needed: number): Promise<void> {
    if (this.traits.window === 0 || !this.traits.canRollBack) return;
    for (const length of likelyCuts(slot.promptLength, slot.spans)) {
      const isPossible = length >= needed && length < slot.tokens.length;
      if (!isPossible || !canCutTo(slot, length, this.traits)) continue;
      this.truncate(slot, length);
      if (slot.tokens.length === length) await this.checkpoint(slot);
    }
  }

  #cut(memory: Pointer, slot: Slot, length: number): boolean {
    if (length === 0 || !canCutTo(slot, length, this.traits)) return false;
    const isShorter = length < slot.tokens.length;
    if (!this.#bindings.memoryRemove(memory, slot.id, positionOf(slot.spans, length), -1)) return false;
    this.#keep(slot, length);
    // Cells that the window has passed may have been reused for newer tokens.
    const { window } = this.traits;
    if (window === 0 || !isShorter) return true;
    const first = positionOf(slot.spans, Math.max(0, length - window + 1));
    return this.#bindings.memoryFirstPosition(memory, slot.id) <= first;
  }

  /** Goes back to the last checkpoint within this length, or to nothing. */
  #goBack(memory: Pointer, slot: Slot, length: number): void {
    const checkpoint = slot.checkpoints.filter((candidate) => candidate.length <= length).at(-1);
    if (!checkpoint || !this.#rewind(memory, slot, checkpoint)) this.#forget(memory, slot);
  }

  /** Goes back to a checkpoint: its partial state replaces the current one, and the rest is cut. */
  #rewind(memory: Pointer, slot: Slot, { length, state }: Checkpoint): boolean {
    const read = this.#bindings.restoreState(this.#context, state, state.length, slot.id, PARTIAL_ONLY);
    if (Number(read) === 0) return false;
    if (!this.#bindings.memoryRemove(memory, slot.id, positionOf(slot.spans, length), -1)) return false;
    this.#keep(slot, length);
    slot.windowStart = this.traits.window === 0 ? 0 : Math.max(0, length - this.traits.window);
    return true;
  }

  #keep(slot: Slot, length: number): void {
    slot.tokens.length = length;
    slot.checkpoints = slot.checkpoints.filter((checkpoint) => checkpoint.length <= length);
    slot.fixedLength = Math.min(slot.fixedLength, length);
    dropLogitsBehind(slot, length);
    if (slot.exactLength >= length) slot.exactLength = Number.POSITIVE_INFINITY;
  }

  #forget(memory: Pointer, slot: Slot): void {
    this.#bindings.memoryRemove(memory, slot.id, -1, -1);
    this.#keep(slot, 0);
    slot.windowStart = 0;
  }

  async #readState(slot: Slot, flags: number): Promise<Uint8Array | undefined> {
    const { stateSize, saveState } = this.#bindings;
    const size = Number(stateSize(this.#context, slot.id, flags));
    if (size === 0) return undefined;
    // Outside the JavaScript heap, and not zeroed because every byte is written.
    const state = Buffer.allocUnsafeSlow(size);
    const written =
      size < LONG_COPY_BYTES
        ? saveState(this.#context, state, size, slot.id, flags)
        : await callAsync(saveState, this.#context, state, size, slot.id, flags);
    return Number(written) === size ? state : undefined;
  }

  async #writeState(slot: Slot, state: Uint8Array, flags: number): Promise<boolean> {
    const { restoreState } = this.#bindings;
    const read =
      state.length < LONG_COPY_BYTES
        ? restoreState(this.#context, state, state.length, slot.id, flags)
        : await callAsync(restoreState, this.#context, state, state.length, slot.id, flags);
    return Number(read) === state.length;
  }
}

/** Logits that follow tokens behind this position no longer belong to the slot. */
function dropLogitsBehind(slot: Slot, length: number): void {
  if ((slot.logits?.length ?? 0) > length) slot.logits = undefined;
}

export function checkpointBytes(checkpoints: readonly Checkpoint[]): number {
  return checkpoints.reduce((total, { state }) => total + state.length, 0);
}
