/** What a child reports of its steps, its slots and its caches, only while the parent wants it. */
import type { PrefixSource } from './engine-figures.ts';

/** How often a child reports while it works, in milliseconds. */
export const STEP_REPORT_MS = 200;
/** Steps that begin within this time of the first are put together, in milliseconds. */
export const STEP_GROUP_MS = 100;

/** All times of the clock are milliseconds since 1970. */
export interface StepReport {
  /** In order of time; since the report before. */
  readonly groups: readonly StepGroup[];
  /** Prompts that were begun since the report before. */
  readonly prompts: readonly BegunPrompt[];
  /** What each slot holds now, in order. */
  readonly slots: readonly SlotState[];
  readonly stored: StoredStates;
}

/** Steps in a row. */
export interface StepGroup {
  readonly startedAt: number;
  /** From the start of the first call to the end of the last one, in milliseconds. */
  readonly milliseconds: number;
  readonly calls: number;
  /** Tokens of all calls: drafts and padding included. */
  readonly tokens: number;
  readonly shares: readonly StepShare[];
}

/** The part of one completion in a group. */
export interface StepShare {
  /** `CompletionRequest.run`; 0 = the request has none. */
  readonly run: number;
  readonly slot: number;
  /** Milliseconds of the calls that computed parts of its prompt, or its completion. */
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly prefillTokens: number;
  /** Tokens sampled, those of drafts included. */
  readonly decodeTokens: number;
  readonly draftTaken: number;
  readonly draftRefused: number;
}

export interface BegunPrompt {
  readonly run: number;
  readonly slot: number;
  readonly at: number;
  readonly tokens: number;
  /** How many of `tokens` were reused, and from where. */
  readonly reused: number;
  readonly source: Exclude<PrefixSource, 'computed'>;
}

export interface SlotState {
  /** The completion that uses it; absent = it is idle. */
  readonly run?: number;
  /** Number of tokens that it holds. */
  readonly tokens: number;
  /** Number of tokens at its beginning that another slot holds as well. */
  readonly shared: number;
  /** Number of tokens in the prompt that it was last used for. */
  readonly promptTokens: number;
}

/** Conversations outside the KV cache. */
export interface StoredStates {
  readonly hostBytes: number;
  readonly hostEntries: number;
  readonly diskEntries: number;
}
