/**
 * Decides where a prompt runs and what it starts from: pure functions. Costs are counted in prompt tokens to compute.
 */
import { holdsLogits } from './kept-logits.ts';
import { asCopied, exactTokens, isCovered, type MemoryTraits, reusableLength, type Wanted } from './reuse.ts';
import type { Holding, Slot } from './slot.ts';

/**
 * Minimum length of a saved state. Shorter ones are recomputed as quickly as they are fetched, and are not worth memory
 * or a file.
 */
export const MIN_SAVED_TOKENS = 64;
/** A loss below this fraction of a conversation does not justify a copy of the whole. */
const MIN_LOST_PART = 1 / 8;
/**
 * Number of tokens whose state can be moved in the time it takes to compute one; 120 were measured on a small model.
 */
const MOVED_PER_COMPUTED = 64;
/** Fixed cost of any move, in addition to its bytes. */
const MOVE_TOKENS = 16;

/** Number of times the state passes through memory on its way to a slot. */
export const moves = { host: 1, slot: 2, disk: 4 } as const;

/** A holding outside the destination that a prompt can start from. */
interface Source {
  readonly holding: Holding;
  readonly moves: number;
}

export interface SlotChoiceInput {
  readonly wanted: Wanted;
  readonly slots: readonly Slot[];
  /** Copies in host memory and on disk. */
  readonly stored: readonly Source[];
  /** Number of uses so far; the age of a holding is counted from it. */
  readonly uses: number;
  readonly traits: MemoryTraits;
  /** Whether a slot's content can be copied at all. */
  readonly canMove: (slot: Slot) => boolean;
  /** Whether host memory has room for such a copy. */
  readonly canSave: (slot: Slot) => boolean;
}

export interface SlotChoice {
  readonly slot: Slot;
  /** Absent = what the slot itself holds. */
  readonly source?: Source;
  /** Number of leading tokens that need not be computed. */
  readonly length: number;
  /** Whether to copy the slot's current content to host memory first. */
  readonly save: boolean;
}

/** Likelihood that a holding is needed again: it falls with the number of later uses of other holdings. */
export function wantedAgain({ lastUsed }: Holding, uses: number): number {
  return 1 / (2 + Math.max(0, uses - lastUsed));
}

/**
 * Chooses the free slot and the source that save the most computing, minus the cost of moving and the loss of the
 * slot's current content; among equals, the slot unused for longest. Undefined when all slots are busy.
 */
export function chooseSlot(input: SlotChoiceInput): SlotChoice | undefined {
  const free = input.slots.filter((slot) => !slot.busy);
  if (free.length === 0) return undefined;
  const sources = usefulSources(input);
  const options = free.flatMap((slot) => optionsFor(slot, sources, input));
  const [first, ...others] = options;
  return others.reduce((best, option) => (isBetter(option, best) ? option : best), first)?.choice;
}

interface Option {
  readonly choice: SlotChoice;
  readonly score: number;
}

function isBetter(option: Option, best: Option | undefined): boolean {
  if (!best || option.score !== best.score) return !best || option.score > best.score;
  return option.choice.slot.lastUsed < best.choice.slot.lastUsed;
}

interface UsefulSource {
  readonly source: Source;
  readonly length: number;
}

function usefulSources({ slots, stored, wanted, traits, canMove }: SlotChoiceInput): UsefulSource[] {
  const useful = (holding: Holding, times: number): UsefulSource[] => {
    const length = providedLength(asCopied(holding, traits), wanted, traits);
    return length > MOVE_TOKENS ? [{ source: { holding, moves: times }, length }] : [];
  };
  return [
    ...slots.flatMap((slot) => useful(slot, moves.slot).filter(() => canMove(slot))),
    ...stored.flatMap((source) => useful(source.holding, source.moves)),
  ];
}

/**
 * Number of leading tokens of a prompt that a holding provides. The last one is computed for the logits after it, unless
 * the holding has kept them.
 */
export function providedLength(holding: Holding, wanted: Wanted, traits: MemoryTraits): number {
  const { length } = wanted.tokens;
  return holdsLogits(holding, wanted, traits) ? length : reusableLength(holding, wanted, length - 1, traits);
}

function optionsFor(slot: Slot, sources: readonly UsefulSource[], input: SlotChoiceInput): Option[] {
  const { wanted, traits } = input;
  const own = providedLength(slot, wanted, traits);
  const damage = damageIn(slot, input);
  const stays = damage(own);
  const options: Option[] = [{ choice: { slot, length: own, save: stays.save }, score: own - stays.cost }];
  const replaced = damage(0);
  for (const { source, length } of sources) {
    if (source.holding === slot || length <= own) continue;
    const score = length - moveCost(source.holding.tokens.length, source.moves) - replaced.cost;
    options.push({ choice: { slot, source, length, save: replaced.save }, score });
  }
  return options;
}

/** What it costs to cut a slot's content to a length: the copy that saves it, or the likely loss. */
function damageIn(slot: Slot, { slots, stored, uses, traits, canSave }: SlotChoiceInput) {
  const content = exactTokens(slot);
  const likely = wantedAgain(slot, uses);
  const broughtBack = likely * moveCost(content, moves.host);
  const isLong = content >= MIN_SAVED_TOKENS;
  const covered = isLong && isCovered(slot, [...slots, ...stored.map(({ holding }) => holding)], traits);
  return (length: number): { save: boolean; cost: number } => {
    const lost = content - length;
    if (lost <= 0) return { save: false, cost: 0 };
    if (covered) return { save: false, cost: Math.min(broughtBack, likely * lost) };
    const matters = lost >= Math.max(MIN_SAVED_TOKENS, content * MIN_LOST_PART);
    if (matters && canSave(slot)) return { save: true, cost: content / MOVED_PER_COMPUTED + broughtBack };
    return { save: false, cost: likely * lost };
  };
}

/** What it costs to start a prompt with this choice: the tokens to compute, and the copy. */
export function startCost({ source, length }: SlotChoice, { tokens }: Wanted): number {
  const moving = source ? moveCost(source.holding.tokens.length, source.moves) : 0;
  return tokens.length - length + moving;
}

/** What it costs to move the state of so many tokens. */
export function moveCost(tokens: number, times: number): number {
  return MOVE_TOKENS + (times * tokens) / MOVED_PER_COMPUTED;
}
