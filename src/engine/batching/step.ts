import type { CallKind } from '../../protocol/engine-figures.ts';
import type { PrefixCache } from '../cache/prefix-cache.ts';
import type { Slot } from '../cache/slot.ts';
import { positionOf } from '../media/spans.ts';
import type { Batch } from './batch.ts';
import type { Sequence } from './sequence.ts';

/** The part of one sequence that a call of `llama_decode` computes. */
export interface StepEntry {
  readonly sequence: Sequence;
  /** Number of tokens of the sequence to compute, starting where its cache ends. */
  readonly tokens: number;
  /** Drafted tokens after them, to be checked. */
  readonly draft: readonly number[];
  /** Whether it must have a call of its own, which computes it in the same way each time. */
  readonly isAlone: boolean;
  /** The rows to compute in place of tokens; absent = the tokens are of the vocabulary. */
  readonly rows?: Float32Array | undefined;
}

/** A step's entry with its place in the batch. */
export interface PlacedEntry extends StepEntry {
  /** Index in the batch of the first token. */
  readonly firstIndex: number;
  /** Index in the batch of the first output to sample from; undefined while more of the prompt remains. */
  readonly outputIndex: number | undefined;
  /** Whether a padding token follows, which must be removed after the step. */
  readonly isPadded: boolean;
}

export interface FilledStep {
  readonly entries: readonly PlacedEntry[];
  /** Slots that computed padding. */
  readonly padding: readonly Slot[];
  /** False when a gap stayed open, so that the library computes the step in parts. */
  readonly isWhole: boolean;
}

/** Whether a token may be computed and removed again, so many tokens after the contents of a slot. */
type CanPad = (slot: Slot, after: number) => boolean;

/** The padding token. Any token will do because its result is not used. */
const PADDING_TOKEN = 0;

/**
 * Puts the entries into the batch, in the order of the slots and without gaps. llama.cpp computes sequences together
 * only while their numbers are consecutive; a gap splits the step in two, each part reading all weights. Where that
 * costs more, the slots between decoding ones compute one padding token after their contents, which `endStep` removes
 * again.
 * @param mostPadding maximum number of slots in a row that is worth padding
 */
export function fillStep(
  batch: Batch,
  entries: readonly StepEntry[],
  slots: readonly Slot[],
  canPad: CanPad,
  mostPadding: number,
): FilledStep {
  batch.clear();
  const placed: PlacedEntry[] = [];
  const padding: Slot[] = [];
  let isWhole = true;
  let previous: number | undefined;
  for (const entry of [...entries].sort((left, right) => left.sequence.slot.id - right.sequence.slot.id)) {
    const { id } = entry.sequence.slot;
    const gap = previous === undefined ? [] : slots.slice(previous + 1, id);
    // A single token beside several would only change where these are cut.
    const isSingle = entry.tokens + entry.draft.length === 1;
    if (gap.length === 0 || (isSingle && gap.length <= mostPadding && gap.every((slot) => canPad(slot, 0)))) {
      for (const slot of gap) batch.add(PADDING_TOKEN, positionIn(slot, slot.tokens.length), slot.id, false);
      padding.push(...gap);
    } else isWhole = false;
    placed.push(place(batch, entry, canPad));
    previous = id;
  }
  return { entries: placed, padding, isWhole };
}

/**
 * Whether the result may depend on the number of threads although it must not. On x64, only the attention of one token
 * alone does; on ARM, matrix products may compute rows in pairs, which each thread forms from its own share.
 */
export function needsAllThreads({ entries }: FilledStep, architecture: string = process.arch): boolean {
  return entries.some(
    ({ isAlone, tokens, isPadded }) => isAlone && (architecture !== 'x64' || (tokens === 1 && !isPadded)),
  );
}

function isPrompt({ sequence }: StepEntry): boolean {
  return !sequence.isDecoding && !sequence.isAhead;
}

/** The number of sequences in a step, and of tokens of their prompts. */
export function countOf({ entries }: FilledStep): { sequences: number; promptTokens: number } {
  const promptTokens = entries.reduce((sum, entry) => sum + (isPrompt(entry) ? entry.tokens : 0), 0);
  return { sequences: entries.length, promptTokens };
}

/** What a step computes: parts of prompts, the next tokens of completions, or both. */
export function kindOf({ entries }: FilledStep): CallKind {
  if (!entries.some(isPrompt)) return 'decode';
  return entries.every(isPrompt) ? 'prefill' : 'mixed';
}

/** Whether the duration of a step says what a batch costs whose logits are all wanted. */
export function isMeasurable({ entries, isWhole }: FilledStep): boolean {
  return isWhole && entries.every(({ tokens }) => tokens === 1);
}

/** Whether no slot lies between these. */
export function areNeighbours(slots: readonly Pick<Slot, 'id'>[]): boolean {
  const ids = slots.map(({ id }) => id);
  return Math.max(...ids) - Math.min(...ids) < ids.length;
}

/** Removes the padding from the slots; must be called whether or not the step succeeded. */
export function endStep({ padding }: FilledStep, cache: PrefixCache): void {
  for (const slot of padding) cache.truncate(slot, slot.tokens.length);
}

/**
 * A single token that must not depend on others gets a padding token behind it: the attention of one token alone is
 * shared among the threads, and their number changes.
 */
function place(batch: Batch, entry: StepEntry, canPad: CanPad): PlacedEntry {
  const { sequence, tokens, draft, isAlone } = entry;
  const { slot } = sequence;
  const from = slot.tokens.length;
  const last = sequence.tokens.length - 1;
  const firstIndex = batch.size;
  let outputIndex: number | undefined;
  for (let at = from; at < from + tokens; at++) {
    const wantsLogits = at === last || sequence.isScoring;
    const index = batch.add(sequence.tokens[at] ?? 0, positionIn(slot, at), slot.id, wantsLogits);
    if (at === last) outputIndex = index;
  }
  for (const [index, token] of draft.entries())
    batch.add(token, positionIn(slot, from + tokens + index), slot.id, true);
  const isPadded = isAlone && tokens === 1 && canPad(slot, 1);
  if (isPadded) batch.add(PADDING_TOKEN, positionIn(slot, from + 1), slot.id, false);
  return { ...entry, firstIndex, outputIndex, isPadded };
}

function positionIn({ spans }: Slot, index: number): number {
  return positionOf(spans, index);
}
