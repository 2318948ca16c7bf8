/** One completion: the request to the child and the events that come back. */

export interface SamplingOptions {
  /** <= 0 picks the likeliest token. */
  readonly temperature: number;
  /** <= 0 = off. */
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly typicalP: number;
  readonly repeatPenalty: number;
  /** Tokens looked back at by the penalties; 0 = off, -1 = the context. */
  readonly repeatLastN: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** Negative = a new one each time. */
  readonly seed: number;
  /** Replaces the cuts of `topK` to `minP` and XTC. Absent = off, as all below. */
  readonly mirostat?: MirostatOptions;
  readonly dry?: DryOptions;
  readonly xtc?: { readonly probability: number; readonly threshold: number };
  /** Keeps what is at most this many standard deviations below the likeliest token's logit. */
  readonly topNSigma?: number;
  /** The temperature follows the entropy, at most `range` away from `temperature`. */
  readonly dynamicTemperature?: { readonly range: number; readonly exponent: number };
  /** Added to the logit of a token, or of each token of a text; false = never. */
  readonly logitBias?: readonly (readonly [token: number | string, bias: number | false])[];
  /** No end-of-generation token before this many tokens. */
  readonly minTokens?: number;
  /** No end-of-generation token at all. */
  readonly ignoreEos?: boolean;
}

export interface MirostatOptions {
  readonly version: 1 | 2;
  /** Aimed-at surprise, bits. */
  readonly tau: number;
  /** Learning rate. */
  readonly eta: number;
}

export interface DryOptions {
  readonly multiplier: number;
  readonly base: number;
  /** Longest repetition without a penalty, tokens. */
  readonly allowedLength: number;
  /** Tokens looked back at; negative = the context. */
  readonly lastN: number;
  /** Texts that no repetition goes across. */
  readonly breakers: readonly string[];
}

export interface CompletionRequest {
  /** Token ids; not empty, shorter than the slot's context. */
  readonly prompt: readonly number[];
  readonly sampling: SamplingOptions;
  /** The completion ends before any of these texts. */
  readonly stop: readonly string[];
  /** Texts that the completion goes around, in any case of letters. */
  readonly bannedStrings?: readonly string[];
  /** Most tokens to generate; negative = no limit but the context. */
  readonly maxTokens: number;
  /** Tokens at the start that survive a context shift; negative = the whole prompt. */
  readonly keep: number;
  /** Drop old tokens when the context is full; false = finish with `length`. */
  readonly shift: boolean;
  /** GBNF grammar that the completion must match. */
  readonly grammar?: string;
  /** Most tokens guessed ahead where the text repeats itself; absent = the engine's own limit, 0 = off. */
  readonly draftTokens?: number;
  /** Alternatives to report per token; absent = no log probabilities at all. */
  readonly topLogprobs?: number;
  /** What was computed for one salt is never used for another. */
  readonly cacheSalt?: string;
  /** Control tokens, by their text, that are shown like any other; unknown texts are none. */
  readonly visibleTokens?: readonly string[];
  /** How the thinking of this completion is told apart from its answer. */
  readonly thinking?: ThinkingOptions;
}

export interface ThinkingOptions {
  /** What begins the thinking at the completion's start; absent = the completion cannot begin it. */
  readonly start?: string;
  readonly end: string;
  /** The prompt has begun the thinking already. */
  readonly startsInside: boolean;
  /** Most tokens of thinking, after which `end` is put in; absent = no limit. */
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

export type FinishReason = 'stop' | 'length';

export interface CompletionTimings {
  readonly promptTokens: number;
  /** The part of `promptTokens` whose KV cache was still there. */
  readonly cachedTokens: number;
  /** From the start of prefill to the first token, nanoseconds. */
  readonly promptNanoseconds: number;
  /** Tokens guessed ahead, and those of them that were right. */
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
  readonly completionTokens: number;
  /** The part of `completionTokens` that was thinking; 0 when the request did not say how to tell. */
  readonly thinkingTokens: number;
  readonly completionNanoseconds: number;
}

export type CompletionEvent =
  | { readonly type: 'text'; readonly text: string; readonly logprobs?: readonly CompletionLogprob[] }
  | {
      readonly type: 'done';
      readonly reason: FinishReason;
      /** The stop string that ended it; absent = something else did. */
      readonly stopText?: string;
      readonly timings: CompletionTimings;
      /** Token ids generated, without the end-of-generation token. */
      readonly tokens: readonly number[];
    };
