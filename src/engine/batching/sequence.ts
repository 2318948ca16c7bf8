import { NANOSECONDS_PER_MILLISECOND } from '../../base/units.ts';
import type { CompletionRequest, CompletionTimings, PrefillProgress } from '../../protocol/completion.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import type { Slot, StateOrigin } from '../cache/slot.ts';
import type { Sampler } from '../sampling/sampler.ts';
import { CompletionText } from '../text/completion-text.ts';
import { ThinkingTracker } from '../text/thinking-tracker.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { DraftPolicy, MAX_DRAFT_TOKENS } from './draft-policy.ts';

interface SequenceParts {
  readonly slot: Slot;
  readonly sampler: Sampler;
  readonly tokenizer: Tokenizer;
}

/** One running completion: a request in its slot. */
export class Sequence {
  readonly id: number;
  readonly request: CompletionRequest;
  readonly slot: Slot;
  readonly sampler: Sampler;
  readonly text: CompletionText;
  readonly drafts: DraftPolicy;
  /** Control tokens whose text is shown. */
  readonly visibleTokens: ReadonlySet<number>;
  readonly thinking: ThinkingTracker | undefined;
  /** Tokens that come next, whatever the model would choose. */
  readonly forced: number[] = [];
  /**
   * Prompt and completion, minus what a context shift dropped. The slot's cache holds a prefix of it; the rest is still
   * to be computed.
   */
  readonly tokens: number[];
  /** Tokens sampled, without the end-of-generation token. */
  readonly generated: number[] = [];
  /** Number of newest tokens that were added without being sampled, and are still to be computed. */
  ahead = 0;
  /** Number of prompt tokens whose cache was reused. */
  readonly cachedTokens: number;
  /** Number of prompt tokens whose log probability has been reported. */
  scored = 0;
  canceled = false;
  /** Number of drafted tokens, and how many of them were accepted. */
  drafted = 0;
  accepted = 0;
  /** How often the completion stepped back from a banned string. */
  stepsBack = 0;
  /** `performance.now()` of the last step that yielded tokens; undefined = none has. */
  yieldedAt: number | undefined;
  #sampledTokens = 0;
  readonly #cachedFrom: StateOrigin;
  readonly #startedAt = performance.now();
  #firstTokenAt: number | undefined;

  constructor(id: number, request: CompletionRequest, parts: SequenceParts) {
    const { slot, sampler, tokenizer } = parts;
    this.id = id;
    this.request = request;
    this.slot = slot;
    this.sampler = sampler;
    this.text = new CompletionText(request.stop, request.bannedStrings);
    this.drafts = new DraftPolicy(request.draftTokens ?? MAX_DRAFT_TOKENS);
    this.visibleTokens = tokenizer.controlTokens(request.visibleTokens ?? []);
    this.thinking = request.thinking && new ThinkingTracker(request.thinking);
    this.tokens = [...request.prompt];
    this.cachedTokens = slot.tokens.length;
    this.#cachedFrom = slot.origin;
  }

  /** Number of tokens sampled, with the end-of-generation token and without those that were taken back. */
  get sampledTokens(): number {
    return this.#sampledTokens;
  }

  /** Number of tokens not yet computed. */
  get remaining(): number {
    return this.tokens.length - this.slot.tokens.length;
  }

  /** True while only the newest token remains to be computed. */
  get isDecoding(): boolean {
    return this.generated.length > 0 && this.remaining === 1;
  }

  /** True while the newest sampled token and those that had to follow it remain to be computed. */
  get isAhead(): boolean {
    return this.ahead > 0 && this.remaining <= this.ahead + 1;
  }

  /** Where the media of the prompt lie. */
  get spans(): readonly MediaSpan[] {
    return this.request.media ?? [];
  }

  /** Whether it must be computed in the same way whoever else is served. */
  get isDeterministic(): boolean {
    return this.request.deterministic ?? false;
  }

  /** Whether log probabilities of prompt tokens are still to be reported. */
  get isScoring(): boolean {
    return this.request.promptLogprobs !== undefined && this.scored < this.request.prompt.length;
  }

  countSampled(): void {
    this.#sampledTokens++;
    this.#firstTokenAt ??= performance.now();
  }

  /** Corrects the count for tokens that were taken back. */
  uncountSampled(tokens: number): void {
    this.#sampledTokens -= tokens;
  }

  /** How much of the prompt is computed. */
  progress(): PrefillProgress {
    const promptTokens = this.request.prompt.length;
    return {
      promptTokens,
      cachedTokens: this.cachedTokens,
      processedTokens: Math.min(this.slot.tokens.length, promptTokens),
      milliseconds: Math.round(performance.now() - this.#startedAt),
    };
  }

  timings(): CompletionTimings {
    const end = performance.now();
    const firstTokenAt = this.#firstTokenAt ?? end;
    const thinkingTokens = this.thinking?.tokens ?? 0;
    const thinkingMs = thinkingTokens > 0 ? (this.thinking?.endedAt ?? end) - firstTokenAt : 0;
    return {
      promptTokens: this.request.prompt.length,
      cachedTokens: this.cachedTokens,
      cachedFrom: this.#cachedFrom,
      promptNanoseconds: Math.round((firstTokenAt - this.#startedAt) * NANOSECONDS_PER_MILLISECOND),
      draftedTokens: this.drafted,
      acceptedTokens: this.accepted,
      completionTokens: this.#sampledTokens,
      thinkingTokens,
      thinkingNanoseconds: Math.round(thinkingMs * NANOSECONDS_PER_MILLISECOND),
      completionNanoseconds: Math.round((end - firstTokenAt) * NANOSECONDS_PER_MILLISECOND),
    };
  }
}
