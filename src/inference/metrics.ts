import type { Logprob, Metrics } from '../api/common.ts';
import type { CompletionLogprob, CompletionTimings, TokenLogprob } from '../runner/protocol.ts';

const NANOSECONDS_PER_MILLISECOND = 1e6;

/** Nanoseconds of the request's stages; zero values are left out. */
export function metricsOf(times: {
  totalMilliseconds: number;
  loadNanoseconds: number;
  timings: CompletionTimings;
}): Metrics {
  const { timings } = times;
  const all: Metrics = {
    total_duration: Math.round(times.totalMilliseconds * NANOSECONDS_PER_MILLISECOND),
    load_duration: times.loadNanoseconds,
    prompt_eval_count: timings.promptTokens,
    prompt_eval_cached: timings.cachedTokens,
    prompt_eval_duration: Math.round(timings.promptNanoseconds),
    eval_count: timings.completionTokens,
    eval_duration: Math.round(timings.completionNanoseconds),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
}

export function wireLogprobs(logprobs: readonly CompletionLogprob[]): Logprob[] {
  return logprobs.map(({ topLogprobs, ...token }) => ({
    ...wireToken(token),
    ...(topLogprobs.length > 0 && { top_logprobs: topLogprobs.map(wireToken) }),
  }));
}

function wireToken({ token, logprob, bytes }: TokenLogprob) {
  return { token, logprob, bytes: [...bytes] };
}
