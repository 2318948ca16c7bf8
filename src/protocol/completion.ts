/** One completion: the request to the child and the events that it returns. */
import type { PrefixSource } from './engine-figures.ts';
import type { MediaSpan } from './media.ts';

export interface SamplingOptions {
  /** <= 0 picks the likeliest token. */
  readonly temperature: number;
  /** <= 0 = off. */
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly typicalP: number;
  readonly repeatPenalty: number;
  /** Number of tokens that the penalties look back; 0 = off, -1 = the context. */
  readonly repeatLastN: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** Negative = a new one each time. */
  readonly seed: number;
  /** Replaces the cuts from `topK` to `minP` and XTC. Absent = off, like all options below. */
  readonly mirostat?: MirostatOptions;
  readonly dry?: DryOptions;
  readonly xtc?: { readonly probability: number; readonly threshold: number };
  /** Keeps tokens whose logit is at most this many standard deviations below that of the likeliest token. */
  readonly topNSigma?: number;
  /** The temperature follows the entropy, at most `range` away from `temperature`. */
  readonly dynamicTemperature?: { readonly range: number; readonly exponent: number };
  /** Added to the logit of a token, or of each token of a text; false = never. */
  readonly logitBias?: readonly (readonly [token: number | string, bias: number | false])[];
  /** Minimum number of tokens before an end-of-generation token. */
  readonly minTokens?: number;
  /** Never generate an end-of-generation token. */
  readonly ignoreEos?: boolean;
}

export interface MirostatOptions {
  readonly version: 1 | 2;
  /** Target surprise in bits. */
  readonly tau: number;
  /** Learning rate. */
  readonly eta: number;
}

export interface DryOptions {
  readonly multiplier: number;
  readonly base: number;
  /** Longest repetition without a penalty, in tokens. */
  readonly allowedLength: number;
  /** Number of tokens to look back; negative = the context. */
  readonly lastN: number;
  /** Texts that interrupt a repetition. */
  readonly breakers: readonly string[];
}

/** A prompt that the child tokenizes, with its control tokens read as such. So its tokens need no way of their own. */
export interface PromptText {
  readonly text: string;
  /** Whether to add what the model's tokenizer puts in front of a text. */
  readonly addSpecial: boolean;
  /** The context that the request may use, in tokens. The prompt must have fewer, or the child refuses it. */
  readonly contextLength: number;
}

/** The prompt as token IDs, or as a text that surely fits. */
export type CompletionPrompt = readonly number[] | PromptText;

/** @typeParam Prompt what the prompt is given as */
export interface CompletionRequest<Prompt extends CompletionPrompt = readonly number[]> {
  /** Token IDs, and pseudo tokens for the rows of media: not empty, fewer than the slot's context has room for. */
  readonly prompt: Prompt;
  /** Where the pieces of pictures and sound lie in the prompt, in order; absent = there are none. Not beside a text. */
  readonly media?: readonly MediaSpan[];
  readonly sampling: SamplingOptions;
  /** The completion ends before any of these texts. */
  readonly stop: readonly string[];
  /** Texts that the completion must not contain, ignoring case. */
  readonly bannedStrings?: readonly string[];
  /** Maximum number of tokens to generate; negative = no limit except the context. */
  readonly maxTokens: number;
  /** Number of tokens at the start that survive a context shift; negative = the whole prompt. */
  readonly keep: number;
  /** Drop old tokens when the context is full; false = finish with `length`. */
  readonly shift: boolean;
  /** GBNF grammar that the completion must match. */
  readonly grammar?: string;
  /**
   * Compute the text that the grammar leaves no choice about in one call, without sampling its tokens; this may cut it into
   * other tokens than the model would choose. Not beside `bannedStrings`. Such a token has the log probability 0.
   */
  readonly fastForward?: boolean;
  /** Maximum number of tokens drafted at once; absent = the engine's own limit, 0 = off. */
  readonly draftTokens?: number;
  /** Compute it in the same way whoever else is served and whatever is cached, at a cost in speed. */
  readonly deterministic?: boolean;
  /** Number of alternatives to report per token; absent = no log probabilities at all. */
  readonly topLogprobs?: number;
  /**
   * Number of alternatives to report per token of the prompt, in `prompt` events; absent = none. All of the prompt is
   * computed then, whatever the cache holds. The log probability of an end-of-generation token is reported as well,
   * because whoever scores a text counts its tokens.
   */
  readonly promptLogprobs?: number;
  /** Report how much of the prompt is computed, in `progress` events. */
  readonly progress?: boolean;
  /** By which reports of steps name the completion, more than 0; absent = they do not. */
  readonly run?: number;
  /** State computed for one salt is never used for another. */
  readonly cacheSalt?: string;
  /** Control tokens, by their text, that are shown like any other; unknown texts are ignored. */
  readonly visibleTokens?: readonly string[];
  /** How to distinguish the thinking of this completion from its answer. */
  readonly thinking?: ThinkingOptions;
}

export interface ThinkingOptions {
  /** The tag that begins the thinking at the start of the completion; absent = the completion cannot begin it. */
  readonly start?: string;
  readonly end: string;
  /** Whether the prompt has already begun the thinking. */
  readonly startsInside: boolean;
  /** Maximum number of thinking tokens, after which `end` is inserted; absent = no limit. */
  readonly budget?: number;
}

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

export interface CompletionLogprob extends TokenLogprob {
  readonly topLogprobs: readonly TokenLogprob[];
}

/**
 * The first token of a prompt follows nothing, so it has no log probability and no alternatives; nor has a row of a picture
 * or of sound, whose text is "".
 */
export interface PromptLogprob extends Omit<CompletionLogprob, 'logprob'> {
  readonly logprob: number | null;
}

export type FinishReason = 'stop' | 'length';

export interface CompletionTimings {
  readonly promptTokens: number;
  /** The number of `promptTokens` whose KV cache was reused. */
  readonly cachedTokens: number;
  /** Where the reused part was: in a slot of the KV cache, in host memory or in a file; absent = not known. */
  readonly cachedFrom?: Exclude<PrefixSource, 'computed'>;
  /** From the start of prefill to the first token, in nanoseconds. */
  readonly promptNanoseconds: number;
  /** Number of drafted tokens, and how many of them were accepted. */
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
  readonly completionTokens: number;
  /** The number of `completionTokens` that were thinking; 0 when the request did not say how to recognise it. */
  readonly thinkingTokens: number;
  /** From the first token to the end of the thinking; absent = not known. */
  readonly thinkingNanoseconds?: number;
  readonly completionNanoseconds: number;
}

/** How much of a prompt is computed. */
export interface PrefillProgress {
  readonly promptTokens: number;
  /** The number of `promptTokens` whose KV cache was reused. */
  readonly cachedTokens: number;
  /** The number of `promptTokens` in the KV cache, the reused ones among them. */
  readonly processedTokens: number;
  /** Since the prefill began. */
  readonly milliseconds: number;
}

export type CompletionEvent =
  /** The tokens of a prompt that was given as a text; always the first event, and absent for other prompts. */
  | { readonly type: 'tokenized'; readonly tokens: readonly number[] }
  /** Before the first token of the prompt, and after each step that computes some; all come before the first text. */
  | ({ readonly type: 'progress' } & PrefillProgress)
  /** The next tokens of the prompt; all such events come before the first text. */
  | { readonly type: 'prompt'; readonly logprobs: readonly PromptLogprob[] }
  | {
      readonly type: 'text';
      readonly text: string;
      readonly logprobs?: readonly CompletionLogprob[];
      /** How many texts of the engine it holds, each of one token or more; absent = 1. */
      readonly count?: number;
    }
  | {
      readonly type: 'done';
      readonly reason: FinishReason;
      /** The stop string that ended the completion; absent = something else ended it. */
      readonly stopText?: string;
      readonly timings: CompletionTimings;
      /** Token ids generated, without the end-of-generation token. */
      readonly tokens: readonly number[];
    };
