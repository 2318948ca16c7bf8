import type { PrefixSource } from '../../protocol/engine-figures.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import type { KeptLogits } from './kept-logits.ts';

/** State of the parts of a model's memory that cannot be rolled back, taken after `length` tokens were computed. */
export interface Checkpoint {
  readonly length: number;
  readonly state: Uint8Array;
}

/** Anything that holds the computed state of some tokens: a slot, a copy in host memory, a file. */
export interface Holding {
  readonly tokens: readonly number[];
  /** Prefixes are shared only between equal salts; "" = no salt. */
  readonly salt: string;
  /** Order of last use; the smallest is the oldest. */
  readonly lastUsed: number;
  /**
   * Number of leading tokens whose state is identical to that of recomputing them; fewer than `tokens` after a context
   * shift.
   */
  readonly exactLength: number;
  /** Number of leading tokens that were computed in whole chunks of their own, as a deterministic request needs them. */
  readonly fixedLength: number;
  /** First position that sliding-window layers still hold; 0 = all of them. */
  readonly windowStart: number;
  readonly checkpoints: readonly { readonly length: number }[];
  /** Absent = none are kept. */
  readonly logits?: KeptLogits | undefined;
}

/** Where the state that a prompt starts from was: in a slot, in host memory or in a file. */
export type StateOrigin = Exclude<PrefixSource, 'computed'>;

/** One sequence of the KV cache and its contents. */
export interface Slot extends Holding {
  readonly id: number;
  /** Tokens whose keys and values are in the cache, in order; `media/spans.ts` knows their positions. */
  tokens: number[];
  /** Where the media of the last prompt lie; some may not be computed yet. */
  spans: readonly MediaSpan[];
  salt: string;
  busy: boolean;
  /** Where the state was that the last prompt started from. */
  origin: StateOrigin;
  /** Length of the last prompt. */
  promptLength: number;
  lastUsed: number;
  exactLength: number;
  fixedLength: number;
  windowStart: number;
  checkpoints: Checkpoint[];
  logits?: KeptLogits | undefined;
  /** Memory for the logits, used again for each prompt. */
  logitsMemory?: Float32Array;
}

export function createSlots(count: number): Slot[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    tokens: [],
    spans: [],
    salt: '',
    busy: false,
    origin: 'slot',
    promptLength: 0,
    lastUsed: 0,
    exactLength: Number.POSITIVE_INFINITY,
    fixedLength: 0,
    windowStart: 0,
    checkpoints: [],
  }));
}
