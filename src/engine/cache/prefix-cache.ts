/**
 * Prompts that begin like earlier ones start from the state computed then: in the slot itself, in another slot, in host
 * memory or on disk. `slot-choice.ts` makes the decisions; every effect on the KV cache goes through `kv-cache.ts`.
 */
import type { CompletionRequest } from '../../protocol/completion.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import { saltHash } from '../../protocol/salt-hash.ts';
import type { StoredStates } from '../../protocol/step-report.ts';
import { nextCheckpoint } from './checkpoint-plan.ts';
import type { DiskCache } from './disk-cache.ts';
import type { HeldStates } from './held-changes.ts';
import { bytesOf, expectedSaving, HostCache } from './host-cache.ts';
import { keepLogits } from './kept-logits.ts';
import type { KvCache, SavedState } from './kv-cache.ts';
import { isWorthWaiting, type PromptInWork } from './prefill-wait.ts';
import { canPad, isCovered, mostUndone, type Wanted } from './reuse.ts';
import { createSlots, type Holding, type Slot, type StateOrigin } from './slot.ts';
import { chooseSlot, MIN_SAVED_TOKENS, moves, type SlotChoice, startCost } from './slot-choice.ts';

export interface PrefixCacheParts {
  readonly memory: KvCache;
  readonly slots: number;
  /** Bytes of host memory for idle conversations; 0 = none. */
  readonly hostBytes: number;
  /** Absent = nothing survives an unload. */
  readonly disk?: DiskCache;
  /** Whether slots keep the logits after their prompts. */
  readonly keepsLogits?: boolean;
}

/** Bytes per millisecond assumed for a disk that has not been measured yet: a slow one. */
const SLOW_DISK_RATE = 100_000;

type CachedRequest = Pick<
  CompletionRequest,
  'prompt' | 'media' | 'cacheSalt' | 'deterministic' | 'promptLogprobs'
>;

export class PrefixCache {
  readonly #memory: KvCache;
  readonly #slots: readonly Slot[];
  readonly #host: HostCache;
  readonly #disk: DiskCache | undefined;
  readonly #keepsLogits: boolean;
  #uses = 0;
  /** The state read from disk but not used yet. */
  #fetched: { readonly entry: Holding; readonly saved: SavedState } | undefined;
  #fetching: Promise<void> | undefined;

  constructor({ memory, slots, hostBytes, disk, keepsLogits = false }: PrefixCacheParts) {
    this.#memory = memory;
    this.#slots = createSlots(slots);
    this.#host = new HostCache(hostBytes, memory.traits);
    this.#disk = disk;
    this.#keepsLogits = keepsLogits;
  }

  /**
   * Takes a free slot for a prompt and puts the longest reusable prefix of the prompt into it. At least the last token
   * is left to compute, unless the slot has the logits after it; if the log probabilities of the prompt are wanted, all
   * tokens are. Call it only between steps, and not again before it resolves.
   * @param mayWait true when other sequences are running: instead of making them wait for the disk, this returns
   * undefined and must be called again after the next step
   * @returns undefined when no slot is available yet
   */
  async assign(request: CachedRequest, mayWait: boolean): Promise<Slot | undefined> {
    const { prompt, media: spans = [] } = request;
    const wanted = wantedOf(request);
    for (;;) {
      const choice = this.#choose(wanted);
      if (!choice) return undefined;
      const fetching = this.#fetch(choice);
      if (fetching && mayWait) return undefined;
      await fetching;
      if (!fetching && (await this.#place(choice, spans))) {
        const { slot } = choice;
        this.#requireLogits(slot, prompt.length);
        Object.assign(slot, {
          busy: true,
          salt: wanted.salt,
          origin: originOf(choice),
          promptLength: prompt.length,
          lastUsed: ++this.#uses,
        });
        this.#fetched = undefined;
        if (this.#memory.traits.canRollBack) this.#host.dropCovered(this.#slots);
        return slot;
      }
    }
  }

  /**
   * Whether a request is answered sooner if it waits until one of these prompts is computed, of which it can use a copy
   * then.
   */
  shouldWait(request: CachedRequest, inWork: readonly (PromptInWork & { readonly slot: Slot })[]): boolean {
    const movable = inWork.filter(({ slot }) => this.#memory.stateBytes(slot) !== undefined);
    if (movable.length === 0) return false;
    const wanted = wantedOf(request);
    const choice = this.#choose(wanted);
    const cost = choice ? startCost(choice, wanted) : wanted.tokens.length;
    const { traits } = this.#memory;
    return isWorthWaiting({ wanted, cost, inWork: movable, traits, keepsLogits: this.#keepsLogits });
  }

  /**
   * Keeps a copy of the logits after the last token of a slot.
   * @param isFixed whether a deterministic request has computed them
   */
  keepLogits(slot: Slot, values: Float32Array, isFixed: boolean): void {
    if (this.#keepsLogits) keepLogits(slot, { length: slot.tokens.length, isFixed, values });
  }

  /** What idle conversations take outside the slots. */
  get stored(): StoredStates {
    const { entries } = this.#host;
    return {
      hostBytes: entries.reduce((sum, entry) => sum + bytesOf(entry), 0),
      hostEntries: entries.length,
      diskEntries: this.#disk?.entries.length ?? 0,
    };
  }

  /** Everything that a prompt could begin from. */
  get states(): HeldStates {
    return { slots: this.#slots, host: this.#host.entries, disk: this.#disk?.entries ?? [] };
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Whether a token may be computed after the contents of a slot and removed again. */
  get canPad(): boolean {
    return canPad(this.#memory.traits);
  }

  /** Number of tokens of a call, after its first one, that can be removed again without loss. */
  get mostUndone(): number {
    return mostUndone(this.#memory.traits);
  }

  get freeSlots(): number {
    return this.#slots.filter(({ busy }) => !busy).length;
  }

  /** Removes everything from this position on; `slot.tokens` holds what is left, which may be less. */
  truncate(slot: Slot, length: number): void {
    this.#memory.truncate(slot, length);
  }

  /** Must be called for each slot of a call that failed; `slot.tokens` holds what is left, which may be nothing. */
  recover(slot: Slot): void {
    this.#memory.recover(slot);
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
    const { canRollBack } = this.#memory.traits;
    const stop = canRollBack ? undefined : nextCheckpoint(computed, promptLength, slot.spans);
    return (stop ?? promptLength) - computed;
  }

  /** Leaves a checkpoint where one is due; `computed` is the slot's length before the step. */
  async afterPrefill(slot: Slot, computed: number, promptLength: number): Promise<void> {
    if (this.#memory.traits.canRollBack) return;
    const { length } = slot.tokens;
    const isDue = nextCheckpoint(computed, promptLength, slot.spans) === length;
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

  /** A slot that holds the whole prompt without the logits after it has to compute the last token again. */
  #requireLogits(slot: Slot, length: number): void {
    if (slot.tokens.length < length || slot.logits?.length === length) return;
    this.#memory.truncate(slot, length - 1);
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
  async #place({ slot, source, length, save }: SlotChoice, spans: readonly MediaSpan[]): Promise<boolean> {
    const saved = source && (await this.#copyOf(source.holding));
    if (save) await this.#saveToHost(slot, source ? 0 : length);
    // What stays or is restored begins like the prompt, so its media lie where those of the prompt do.
    slot.spans = spans;
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

function originOf({ source }: SlotChoice): StateOrigin {
  if (source?.moves === moves.host) return 'memory';
  return source?.moves === moves.disk ? 'disk' : 'slot';
}

function wantedOf({ prompt, media, cacheSalt, deterministic, promptLogprobs }: CachedRequest): Wanted {
  return {
    tokens: prompt,
    spans: media ?? [],
    salt: saltHash(cacheSalt),
    isFixed: deterministic ?? false,
    isScored: promptLogprobs !== undefined,
  };
}
