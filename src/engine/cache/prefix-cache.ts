/**
 * Prompts that begin like earlier ones start from the state computed then: in the slot itself, in another slot, in host
 * memory or on disk. `slot-choice.ts` makes the decisions; every effect on the KV cache goes through `kv-cache.ts`.
 */
import { createHash } from 'node:crypto';
import type { CompletionRequest } from '../../protocol/completion.ts';
import { nextCheckpoint } from './checkpoint-plan.ts';
import type { DiskCache } from './disk-cache.ts';
import { bytesOf, expectedSaving, HostCache } from './host-cache.ts';
import type { KvCache, SavedState } from './kv-cache.ts';
import { isCovered, type Wanted } from './reuse.ts';
import { createSlots, type Holding, type Slot } from './slot.ts';
import { chooseSlot, MIN_SAVED_TOKENS, moves, type SlotChoice } from './slot-choice.ts';

export interface PrefixCacheParts {
  readonly memory: KvCache;
  readonly slots: number;
  /** Bytes of host memory for idle conversations; 0 = none. */
  readonly hostBytes: number;
  /** Absent = nothing survives an unload. */
  readonly disk?: DiskCache;
}

/** Bytes per millisecond assumed for a disk that has not been measured yet: a slow one. */
const SLOW_DISK_RATE = 100_000;

type CachedRequest = Pick<CompletionRequest, 'prompt' | 'cacheSalt' | 'deterministic' | 'promptLogprobs'>;

export class PrefixCache {
  readonly #memory: KvCache;
  readonly #slots: readonly Slot[];
  readonly #host: HostCache;
  readonly #disk: DiskCache | undefined;
  #uses = 0;
  /** The state read from disk but not used yet. */
  #fetched: { readonly entry: Holding; readonly saved: SavedState } | undefined;
  #fetching: Promise<void> | undefined;

  constructor({ memory, slots, hostBytes, disk }: PrefixCacheParts) {
    this.#memory = memory;
    this.#slots = createSlots(slots);
    this.#host = new HostCache(hostBytes, memory.traits);
    this.#disk = disk;
  }

  /**
   * Takes a free slot for a prompt and puts the longest reusable prefix of the prompt into it; at least the last token
   * is left to compute, and all of them if their log probabilities are wanted. Call it only between steps, and not again
   * before it resolves.
   * @param mayWait true when other sequences are running: instead of making them wait for the disk, this returns
   * undefined and must be called again after the next step
   * @returns undefined when no slot is available yet
   */
  async assign(
    { prompt, cacheSalt, deterministic: isFixed = false, promptLogprobs }: CachedRequest,
    mayWait: boolean,
  ): Promise<Slot | undefined> {
    const isScored = promptLogprobs !== undefined;
    const wanted = { tokens: prompt, salt: hashOfSalt(cacheSalt), isFixed, isScored };
    for (;;) {
      const choice = this.#choose(wanted);
      if (!choice) return undefined;
      const fetching = this.#fetch(choice);
      if (fetching && mayWait) return undefined;
      await fetching;
      if (!fetching && (await this.#place(choice))) {
        const { slot } = choice;
        Object.assign(slot, {
          busy: true,
          salt: wanted.salt,
          promptLength: prompt.length,
          lastUsed: ++this.#uses,
        });
        this.#fetched = undefined;
        if (this.#memory.traits.canRollBack) this.#host.dropCovered(this.#slots);
        return slot;
      }
    }
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /**
   * Whether tokens just computed can be removed again without loss; for some models the window has moved on by then.
   */
  get canUndo(): boolean {
    const { canRollBack, window } = this.#memory.traits;
    return canRollBack && window === 0;
  }

  /** Removes everything from this position on; `slot.tokens` holds what is left, which may be less. */
  truncate(slot: Slot, length: number): void {
    this.#memory.truncate(slot, length);
  }

  /**
   * Makes room in a full slot, where the model allows it. @returns number of tokens dropped, the first ones after
   * `keep`
   */
  shift(slot: Slot, keep: number): number {
    return this.#memory.shift(slot, keep);
  }

  /** Number of prompt tokens that may be computed before `afterPrefill` must be called. */
  prefillLimit(slot: Slot, promptLength: number): number {
    const computed = slot.tokens.length;
    const stop = this.#memory.traits.canRollBack ? undefined : nextCheckpoint(computed, promptLength);
    return (stop ?? promptLength) - computed;
  }

  /** Leaves a checkpoint where one is due; `computed` is the slot's length before the step. */
  async afterPrefill(slot: Slot, computed: number, promptLength: number): Promise<void> {
    if (this.#memory.traits.canRollBack) return;
    const { length } = slot.tokens;
    const isDue = nextCheckpoint(computed, promptLength) === length;
    if (!isDue || slot.checkpoints.some((checkpoint) => checkpoint.length === length)) return;
    await this.#memory.checkpoint(slot);
  }

  /** Writes the states that are worth keeping to disk, most valuable first, within the time limit. */
  async persist(milliseconds: number): Promise<void> {
    const disk = this.#disk;
    if (!disk) return;
    const deadline = performance.now() + milliseconds;
    let rate = SLOW_DISK_RATE;
    for (const holding of this.#worthKeeping()) {
      const bytes = 'state' in holding ? bytesOf(holding) : this.#memory.stateBytes(holding);
      const left = deadline - performance.now();
      if (bytes === undefined || !disk.fits(bytes) || bytes > left * rate) continue;
      if (await disk.has(holding)) continue;
      const started = performance.now();
      const saved = 'state' in holding ? holding : await this.#memory.save(holding, 0);
      if (saved) await disk.write(saved);
      rate = Math.max(SLOW_DISK_RATE, bytes / (performance.now() - started + 1));
    }
    await disk.trim();
  }

  #choose(wanted: Wanted): SlotChoice | undefined {
    const disk = this.#disk?.entries ?? [];
    return chooseSlot({
      wanted,
      slots: this.#slots,
      stored: [
        ...this.#host.entries.map((holding) => ({ holding, moves: moves.host })),
        ...disk.map((holding) => ({ holding, moves: moves.disk })),
      ],
      uses: this.#uses,
      traits: this.#memory.traits,
      canMove: (slot) => this.#memory.stateBytes(slot) !== undefined,
      canSave: (slot) => this.#host.fits(this.#memory.stateBytes(slot) ?? Number.POSITIVE_INFINITY),
    });
  }

  /** Starts or continues reading a source that is still on disk; undefined when there is nothing to wait for. */
  #fetch({ source }: SlotChoice): Promise<void> | undefined {
    const entry = source?.holding;
    if (!entry || !this.#disk?.entries.includes(entry) || this.#fetched?.entry === entry) return undefined;
    this.#fetching ??= this.#disk.load(entry).then((saved) => {
      this.#fetched = saved && { entry, saved };
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  /** @returns false when the stored state is unusable; it is removed then */
  async #place({ slot, source, length, save }: SlotChoice): Promise<boolean> {
    const saved = source && (await this.#copyOf(source.holding));
    if (save) await this.#saveToHost(slot, source ? 0 : length);
    if (!source) {
      this.#memory.truncate(slot, length);
      return true;
    }
    const isRestored = saved !== undefined && (await this.#memory.restore(slot, saved));
    this.#memory.truncate(slot, isRestored ? length : 0);
    if (!isRestored) await this.#discard(source.holding);
    // Another slot is not discarded, so trying again would fail the same way.
    return isRestored || this.#slots.some((other) => other === source.holding);
  }

  async #copyOf(holding: Holding): Promise<SavedState | undefined> {
    const other = this.#slots.find((slot) => slot === holding);
    if (other) return this.#memory.save(other);
    if (this.#fetched?.entry === holding) return this.#fetched.saved;
    return this.#host.entries.find((entry) => entry === holding);
  }

  async #saveToHost(slot: Slot, needed: number): Promise<void> {
    this.#host.makeRoom(this.#memory.stateBytes(slot) ?? 0, this.#uses);
    const saved = await this.#memory.save(slot, needed);
    if (saved) this.#host.add(saved, this.#uses);
  }

  async #discard(holding: Holding): Promise<void> {
    this.#host.remove(holding);
    await this.#disk?.remove(holding);
  }

  #worthKeeping(): (Slot | SavedState)[] {
    const { traits } = this.#memory;
    const kept: (Slot | SavedState)[] = [];
    const all = [...this.#slots, ...this.#host.entries].filter(
      ({ tokens, exactLength }) => Math.min(tokens.length, exactLength) >= MIN_SAVED_TOKENS,
    );
    // Longer ones first, so that the longer of two equivalent holdings is kept.
    for (const holding of all.sort((left, right) => right.tokens.length - left.tokens.length)) {
      if (!isCovered(holding, kept, traits)) kept.push(holding);
    }
    return kept.sort((left, right) => expectedSaving(right, this.#uses) - expectedSaving(left, this.#uses));
  }
}

/** Keeps only a hash of the salt because salts are derived from keys. */
function hashOfSalt(salt: string | undefined): string {
  return salt === undefined ? '' : createHash('sha256').update(salt).digest('hex');
}
