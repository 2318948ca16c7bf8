import { performance } from 'node:perf_hooks';
import type { Logprob, Metrics } from '../../api/common.ts';
import type { EmbedTimes } from '../../api/embed.ts';
import { NANOSECONDS_PER_MILLISECOND } from '../../base/units.ts';
import type { CompletionLogprob, CompletionTimings, TokenLogprob } from '../../protocol/completion.ts';
import type { Lease } from '../../scheduler/lease.ts';

/** Durations of the request's stages in nanoseconds, and numbers of tokens; zero values are left out. */
export function metricsOf(times: {
  totalMilliseconds: number;
  loadNanoseconds: number;
  /** The part of `loadNanoseconds` during which the model was not being loaded. */
  queueNanoseconds: number;
  timings: CompletionTimings;
  /** Whether to include the fields that Ollama's API does not have. */
  isVerbose: boolean;
}): Metrics {
  const { timings, isVerbose } = times;
  const all: Metrics = {
    total_duration: Math.round(times.totalMilliseconds * NANOSECONDS_PER_MILLISECOND),
    load_duration: times.loadNanoseconds,
    queue_duration: isVerbose ? times.queueNanoseconds : 0,
    prompt_eval_count: timings.promptTokens,
    prompt_eval_cached: isVerbose ? timings.cachedTokens : 0,
    ...(isVerbose &&
      timings.cachedTokens > 0 &&
      timings.cachedFrom && { prompt_eval_cached_from: timings.cachedFrom }),
    prompt_eval_duration: Math.round(timings.promptNanoseconds),
    eval_count: timings.completionTokens,
    eval_thinking_count: isVerbose ? timings.thinkingTokens : 0,
    eval_drafted_count: isVerbose ? timings.draftedTokens : 0,
    eval_draft_taken_count: isVerbose ? timings.acceptedTokens : 0,
    eval_duration: Math.round(timings.completionNanoseconds),
    eval_thinking_duration: isVerbose ? (timings.thinkingNanoseconds ?? 0) : 0,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
}

/** Metrics of a request that only reads its input. @param started `performance.now()` when the request arrived */
export function timesOf(started: number, lease: Pick<Lease, 'loadNanoseconds'>, tokens: number): EmbedTimes {
  return {
    total_duration: Math.round((performance.now() - started) * NANOSECONDS_PER_MILLISECOND),
    load_duration: lease.loadNanoseconds,
    prompt_eval_count: tokens,
  };
}

export function wireLogprobs<Value extends number | null>(
  logprobs: readonly (Omit<CompletionLogprob, 'logprob'> & { readonly logprob: Value })[],
): (Omit<Logprob, 'logprob'> & { logprob: Value })[] {
  return logprobs.map(({ topLogprobs, logprob, ...token }) => ({
    ...wireToken({ ...token, logprob }),
    ...(topLogprobs.length > 0 && { top_logprobs: topLogprobs.map(wireToken) }),
  }));
}

function wireToken<Value extends number | null>({
  token,
  logprob,
  bytes,
}: Omit<TokenLogprob, 'logprob'> & { readonly logprob: Value }) {
  return { token, logprob, bytes: [...bytes] };
}
