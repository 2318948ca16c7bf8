/** What a child counts while it computes. It reports the figures in one small frame at intervals, not per token. */
import type { Distribution } from './tally.ts';

/** Upper bounds of the classes of the distributions below. Those of tokens and intervals are vLLM's (0.32, `v1/metrics/buckets.py`). */
export const figureBounds = {
  /** Seconds of one call of `llama_decode`. Long steps aim at 0.2 s beside streams and at 0.75 s alone. */
  callSeconds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.75, 1.5, 3, 10],
  /** Tokens of a call or a step. */
  tokens: [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384],
  /** Seconds between two steps that yield tokens of the same completion. */
  intervalSeconds: [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
  ],
} as const;

/** What one call computes: only parts of prompts, only completions, or both. */
export const callKinds = ['prefill', 'decode', 'mixed'] as const;
export type CallKind = (typeof callKinds)[number];

/** Where the state of a prompt's tokens came from: a slot of the KV cache, host memory, a file; or it was computed. */
export const prefixSources = ['slot', 'memory', 'disk', 'computed'] as const;
export type PrefixSource = (typeof prefixSources)[number];

/** All numbers but `heldTokens` count from the report before. */
export interface EngineFigures {
  readonly callSeconds: Readonly<Record<CallKind, Distribution>>;
  /** Tokens of each call: drafts and padding included. */
  readonly callTokens: Distribution;
  /** Tokens of each step, which consists of one call or more. */
  readonly stepTokens: Distribution;
  readonly intervalSeconds: Distribution;
  /** Sum of the numbers of sequences in each call. */
  readonly callSequences: number;
  /** Tokens of the prompts that were begun. */
  readonly prefixTokens: Readonly<Record<PrefixSource, number>>;
  /** Tokens of prompts that were computed, those that were computed again among them. */
  readonly prefillTokens: number;
  readonly generatedTokens: number;
  /** Percentiles of the times that `intervalSeconds` counts, in milliseconds; absent = there were none. */
  readonly intervalMs?: { readonly p50: number; readonly p95: number };
  readonly drafts: number;
  readonly draftedTokens: number;
  /** Number of drafts whose token at each position was accepted, from the first position. */
  readonly acceptedAt: readonly number[];
  /** Number of times that a running sequence lost computed tokens, which were computed again. */
  readonly preemptions: number;
  /** Tokens that running sequences hold in the KV cache now. */
  readonly heldTokens: number;
}
