import { Batch } from '../batching/batch.ts';
import type { Logits } from '../sampling/logits.ts';
import type { DraftCheckpoints } from './draft-checkpoints.ts';
import { DraftDecoder, type DraftDecoderParts, LEAST_PROBABILITY } from './draft-decoder.ts';
import { DraftMirror } from './draft-mirror.ts';
import type { DraftSource, DraftSubject, DraftWish } from './draft-source.ts';
import { likeliestToken } from './likeliest-token.ts';

export interface DraftContextParts extends DraftDecoderParts {
  readonly logits: Pick<Logits, 'at'>;
  readonly checkpoints: DraftCheckpoints;
  readonly slots: number;
  /** Tokens per slot. */
  readonly contextLength: number;
  /** Maximum number of tokens in one decode. */
  readonly batchSize: number;
  /** Size of the target's vocabulary; the draft's may be a little larger. */
  readonly vocabularySize: number;
  readonly relativeCost: number;
}

/** A second model that drafts: its context, with one sequence per slot, which follows the text of that slot. */
export class DraftContext implements DraftSource {
  readonly relativeCost: number;
  readonly #decoder: DraftDecoder;
  readonly #parts: DraftContextParts;
  readonly #batch: Batch;
  readonly #mirrors: readonly DraftMirror[];

  constructor(parts: DraftContextParts) {
    this.#parts = parts;
    this.#decoder = new DraftDecoder(parts);
    this.relativeCost = parts.relativeCost;
    this.#batch = new Batch(parts.batchSize);
    this.#mirrors = Array.from({ length: parts.slots }, () => new DraftMirror());
  }

  get isBroken(): boolean {
    return this.#decoder.isBroken;
  }

  get cost() {
    return this.#decoder.cost;
  }

  get rate() {
    return this.#decoder.rate;
  }

  missing(subject: DraftSubject): number | undefined {
    const mirror = this.#mirrors[subject.slot];
    const { length } = subject.tokens;
    // Drafted tokens need room as well.
    if (!mirror || length === 0 || length + 1 >= this.#parts.contextLength) return undefined;
    return length - this.#reachable(mirror, subject);
  }

  async catchUp(subject: DraftSubject, most: number): Promise<void> {
    const mirror = this.#mirrors[subject.slot];
    if (!mirror) return;
    const from = this.#rewind(mirror, subject);
    const end = Math.min(subject.tokens.length - 1, from + most, from + this.#batch.capacity);
    if (end <= from) return;
    this.#batch.clear();
    for (let at = from; at < end; at++) this.#batch.add(subject.tokens[at] ?? 0, at, subject.slot, false);
    if (!(await this.#decode([subject.slot]))) return;
    for (let at = from; at < end; at++) mirror.push(subject.tokens[at] ?? 0);
  }

  async draft(wishes: readonly DraftWish[]): Promise<ReadonlyMap<number, readonly number[]>> {
    const drafts = new Map<number, number[]>();
    let active: Drafting[] = this.#begin(wishes);
    let savingMs = 0;
    while (active.length > 0) {
      const slots = active.map(({ wish }) => wish.slot);
      if (!(await this.#decode(slots, savingMs))) break;
      active = this.#advance(active, drafts);
      savingMs = this.#save(active);
    }
    return drafts;
  }

  /** Fills the batch with what is missing of each text. */
  #begin(wishes: readonly DraftWish[]): Drafting[] {
    this.#batch.clear();
    return wishes.flatMap((wish) => {
      const mirror = this.#mirrors[wish.slot];
      const missing = this.missing(wish);
      if (!mirror || missing === undefined || this.#batch.size + missing > this.#batch.capacity) return [];
      const last = wish.tokens.length - 1;
      let index = 0;
      for (let at = this.#rewind(mirror, wish); at <= last; at++) {
        const token = wish.tokens[at] ?? 0;
        index = this.#batch.add(token, at, wish.slot, at === last);
        mirror.push(token);
      }
      return [{ wish, mirror, index }];
    });
  }

  /** Takes the likeliest token of each sequence, and fills the batch with those that continue. */
  #advance(active: readonly Drafting[], drafts: Map<number, number[]>): Drafting[] {
    const { logits, vocabularySize, contextLength } = this.#parts;
    const chosen = active.map(({ index }) => likeliestToken(logits.at(index)));
    this.#batch.clear();
    return active.flatMap(({ wish, mirror }, place) => {
      const { token = 0, probability = 0 } = chosen[place] ?? {};
      if (probability < LEAST_PROBABILITY || token >= vocabularySize) return [];
      const draft = drafts.get(wish.slot) ?? [];
      draft.push(token);
      drafts.set(wish.slot, draft);
      if (draft.length >= wish.most || mirror.length >= contextLength) return [];
      const index = this.#batch.add(token, mirror.length, wish.slot, true);
      mirror.push(token);
      return [{ wish, mirror, index }];
    });
  }

  /** Number of tokens that belong to this text and need not be computed again. */
  #reachable(mirror: DraftMirror, subject: DraftSubject): number {
    return this.#parts.checkpoints.reachable(subject.slot, mirror.length, mirror.shared(subject));
  }

  /** Removes what does not belong to this text. @returns number of tokens that are left */
  #rewind(mirror: DraftMirror, subject: DraftSubject): number {
    let kept = this.#reachable(mirror, subject);
    if (kept < mirror.length) {
      if (!this.#parts.checkpoints.restore(subject.slot, kept)) kept = 0;
      this.#decoder.remove(subject.slot, kept);
    }
    mirror.cut(kept, subject.salt);
    return kept;
  }

  /** Saves the states of the texts whose first drafted token is computed next. @returns how long that took, in milliseconds */
  #save(active: readonly Drafting[]): number {
    const startedAt = performance.now();
    for (const { wish, mirror } of active) {
      const { length } = wish.tokens;
      if (mirror.length === length + 1) this.#parts.checkpoints.save(wish.slot, length);
    }
    return performance.now() - startedAt;
  }

  async #decode(slots: readonly number[], extraMs = 0): Promise<boolean> {
    if (await this.#decoder.run(this.#batch, slots, extraMs)) return true;
    for (const slot of slots) {
      this.#parts.checkpoints.restore(slot, 0);
      this.#mirrors[slot]?.cut(0, '');
    }
    return false;
  }
}

interface Drafting {
  readonly wish: DraftWish;
  readonly mirror: DraftMirror;
  /** Index in the batch of the newest token. */
  readonly index: number;
}
