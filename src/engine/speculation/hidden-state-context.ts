import { Batch } from '../batching/batch.ts';
import type { FilledStep, PlacedEntry } from '../batching/step.ts';
import type { Pointer } from '../native/bindings.ts';
import { viewFloats } from '../native/native-memory.ts';
import type { PredictionBindings } from '../native/prediction-bindings.ts';
import type { Logits } from '../sampling/logits.ts';
import { DraftDecoder, type DraftDecoderParts, LEAST_PROBABILITY } from './draft-decoder.ts';
import type { DraftSource, DraftSubject, DraftWish } from './draft-source.ts';
import { HiddenRows } from './hidden-rows.ts';
import { HiddenStateSlot } from './hidden-state-slot.ts';
import type { HiddenStates } from './hidden-states.ts';
import { likeliestToken } from './likeliest-token.ts';

export interface HiddenStateContextParts extends DraftDecoderParts {
  readonly prediction: Pick<PredictionBindings, 'outputHidden' | 'hiddenRow'>;
  /** What the drafting layers take from the model. */
  readonly states: HiddenStates;
  /** The context of the drafting layers. */
  readonly context: Pointer;
  readonly logits: Pick<Logits, 'at'>;
  readonly slots: number;
  /** Tokens per slot. */
  readonly contextLength: number;
  /** Maximum number of tokens in one decode. */
  readonly batchSize: number;
  /** Maximum number of tokens that the model itself computes at once. */
  readonly microBatch: number;
  /** Elements of a hidden state. */
  readonly width: number;
  readonly relativeCost: number;
}

interface Drafting {
  readonly wish: DraftWish;
  readonly slot: HiddenStateSlot;
  /** Index in the batch of the newest token. */
  readonly index: number;
}

/**
 * Layers that predict the token after the next one from hidden states of the model: its own predicting layers, or an
 * EAGLE-3 model. They have a context of their own, in which position p holds token p and the hidden state of the position
 * before. A drafted token takes the layers' own hidden state in place of the model's, which is not known yet.
 */
export class HiddenStateContext implements DraftSource {
  readonly relativeCost: number;
  readonly #decoder: DraftDecoder;
  readonly #parts: HiddenStateContextParts;
  readonly #batch: Batch;
  readonly #slots: readonly HiddenStateSlot[];
  #isWatching = false;

  constructor(parts: HiddenStateContextParts) {
    this.#parts = parts;
    this.#decoder = new DraftDecoder(parts);
    this.relativeCost = parts.relativeCost;
    this.#batch = new Batch(parts.batchSize, parts.width);
    this.#slots = Array.from({ length: parts.slots }, () => new HiddenStateSlot());
    parts.prediction.outputHidden(parts.context, true, true);
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

  beforeCall(isWatched: boolean): void {
    this.#isWatching = isWatched && !this.isBroken;
    this.#parts.states.watch(this.#isWatching);
  }

  async afterCall({ entries }: FilledStep, watched: readonly PlacedEntry[]): Promise<void> {
    if (!this.#isWatching || !this.#isInOrder(entries)) return;
    for (const { sequence, tokens, draft, firstIndex } of watched) {
      const slot = this.#slots[sequence.slot.id];
      if (!slot) continue;
      const from = sequence.slot.tokens.length;
      const computed = [...sequence.tokens.slice(from, from + tokens), ...draft];
      const data = this.#parts.states.rows(firstIndex, computed.length);
      if (!data) return;
      slot.rows = new HiddenRows(from, computed, data).after(slot.rows, sequence.tokens);
      const { id, salt } = sequence.slot;
      const subject = { slot: id, salt, tokens: sequence.tokens };
      if (!sequence.isDecoding) await this.#compute(subject, from + tokens);
    }
  }

  missing(subject: DraftSubject): number | undefined {
    const last = subject.tokens.length - 1;
    if (last < 1 || last + 2 >= this.#parts.contextLength) return undefined;
    const first = this.#slots[subject.slot]?.firstMissing(subject, last);
    return first === undefined ? undefined : last + 1 - first;
  }

  async catchUp(subject: DraftSubject, most: number): Promise<void> {
    const missing = this.missing(subject);
    if (missing === undefined) return;
    const { length } = subject.tokens;
    await this.#compute(subject, Math.min(length - 1, length - missing + most));
  }

  async draft(wishes: readonly DraftWish[]): Promise<ReadonlyMap<number, readonly number[]>> {
    const drafts = new Map<number, number[]>();
    this.#batch.clear();
    let active: Drafting[] = wishes.flatMap((wish) => {
      const slot = this.#slots[wish.slot];
      const index = slot && this.#fill(slot, wish, wish.tokens.length, true);
      return slot && index !== undefined ? [{ wish, slot, index }] : [];
    });
    while (active.length > 0) {
      if (!(await this.#decode(active.map(({ wish }) => wish.slot)))) break;
      active = this.#advance(active, drafts);
    }
    for (const wish of wishes) this.#forgetDraft(wish);
    return drafts;
  }

  /**
   * Whether the hidden states lie in the order of the batch. llama.cpp stores them in the order in which it computes the
   * tokens, which is another one where sequences have different numbers of tokens or do not fit together.
   */
  #isInOrder(entries: readonly PlacedEntry[]): boolean {
    const sizes = entries.map(({ tokens, draft }) => tokens + draft.length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return sizes.length === 1 || (new Set(sizes).size === 1 && total <= this.#parts.microBatch);
  }

  /** Computes the positions of a text up to `end`, without predicting anything. */
  async #compute(subject: DraftSubject, end: number): Promise<void> {
    const slot = this.#slots[subject.slot];
    for (let until = 0; slot && until < end; ) {
      const first = slot.firstMissing(subject, end - 1) ?? end;
      until = Math.min(end, first + this.#batch.capacity);
      this.#batch.clear();
      if (this.#fill(slot, subject, until, false) === undefined || this.#batch.size === 0) return;
      if (!(await this.#decode([subject.slot]))) return;
    }
  }

  /** @returns the index in the batch of the last token; undefined when it cannot be computed */
  #fill(slot: HiddenStateSlot, subject: DraftSubject, end: number, wantsLogits: boolean): number | undefined {
    const last = end - 1;
    const first = slot.firstMissing(subject, last);
    const { rows } = slot;
    if (first === undefined || !rows || this.#batch.size + end - first > this.#batch.capacity)
      return undefined;
    if (first !== slot.end || slot.shared(subject) < slot.end) this.#rewind(slot, subject, first);
    let index: number | undefined;
    for (let position = first; position <= last; position++) {
      const row = rows.at(position - 1, subject.tokens);
      if (!row) return undefined;
      const token = subject.tokens[position] ?? 0;
      index = this.#batch.add(token, position, subject.slot, wantsLogits && position === last);
      this.#batch.setRow(index, row);
      slot.push(position, token, subject.salt);
    }
    return index;
  }

  /** What was computed from the layers' own states is computed again from those of the model, if it was right. */
  #forgetDraft({ slot: id, tokens }: DraftWish): void {
    const slot = this.#slots[id];
    if (!slot || slot.end <= tokens.length) return;
    this.#decoder.remove(id, tokens.length);
    slot.cut(tokens.length);
  }

  /** Removes what does not belong to the text, or everything if what comes next would leave a gap. */
  #rewind(slot: HiddenStateSlot, subject: DraftSubject, first: number): void {
    const kept = slot.follows(subject, first) ? first : 0;
    this.#decoder.remove(subject.slot, kept);
    slot.cut(kept);
  }

  /** Takes the likeliest token of each sequence, and fills the batch with those that continue. */
  #advance(active: readonly Drafting[], drafts: Map<number, number[]>): Drafting[] {
    const { logits, prediction, context, width, contextLength } = this.#parts;
    const chosen = active.map(({ index }) => {
      const row = prediction.hiddenRow(context, index);
      return { ...likeliestToken(logits.at(index)), row: row && Float32Array.from(viewFloats(row, width)) };
    });
    this.#batch.clear();
    return active.flatMap(({ wish, slot }, place) => {
      const { token = 0, probability = 0, row } = chosen[place] ?? {};
      if (probability < LEAST_PROBABILITY) return [];
      const draft = drafts.get(wish.slot) ?? [];
      draft.push(token);
      drafts.set(wish.slot, draft);
      const position = slot.end;
      if (draft.length >= wish.most || position >= contextLength || !row) return [];
      const index = this.#batch.add(token, position, wish.slot, true);
      this.#batch.setRow(index, row);
      slot.push(position, token, wish.salt);
      return [{ wish, slot, index }];
    });
  }

  async #decode(slots: readonly number[]): Promise<boolean> {
    if (await this.#decoder.run(this.#batch, slots)) return true;
    for (const slot of slots) this.#slots[slot]?.cut(0);
    return false;
  }
}
