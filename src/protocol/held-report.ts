/** What a child reports of the tokens whose state its caches hold, for events about them. */

/** Where a state is, in the words of vLLM's events: a slot of the KV cache (also on the CPU), host memory, a file. */
export type HeldMedium = 'GPU' | 'CPU' | 'STORAGE';

/** One thing that holds a state has other tokens than in the report before. Only whole blocks are reported. */
export interface HeldChange {
  /** Number of the holding, which no other one of the child gets. */
  readonly holding: number;
  readonly medium: HeldMedium;
  /** The hash of the salt (`salt-hash.ts`); "" = none. */
  readonly salt: string;
  /** How many of its tokens are those of the report before; the rest of them is gone. */
  readonly kept: number;
  /** The tokens behind these. */
  readonly added: readonly number[];
}

export interface HeldReport {
  /** Whether it stands for itself: nothing that was reported before counts. */
  readonly isFirst: boolean;
  readonly changes: readonly HeldChange[];
  /** Holdings that no longer exist. */
  readonly gone: readonly number[];
}
