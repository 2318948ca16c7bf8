/** The pieces of an upstream's answer as native chunks. */
import type { ChunkFields, Metrics } from '../../api/common.ts';
import { NANOSECONDS_PER_MILLISECOND } from '../../base/units.ts';
import type { CompletionTimings } from '../../protocol/completion.ts';
import type { AnswerEnd, AnswerPart } from '../../upstreams/dialects/dialect.ts';
import type { ChunkWriter } from '../completion/chunk-writer.ts';
import { metricsOf } from '../completion/metrics.ts';

/** Moments of a run, in milliseconds of `performance.now()`. */
export interface RemoteTimes {
  readonly started: number;
  /** It got a place at an upstream. */
  readonly granted: number;
  readonly firstToken: number;
  readonly ended: number;
}

/** What an upstream tells of the work, in the form in which engines do; what it does not tell is measured from here. */
export function remoteTimings({ usage, durations }: AnswerEnd, times: RemoteTimes): CompletionTimings {
  const measured = (from: number, to: number) => Math.max(0, to - from) * NANOSECONDS_PER_MILLISECOND;
  return {
    promptTokens: usage.prompt,
    cachedTokens: usage.cached,
    promptNanoseconds: durations?.prompt || measured(times.granted, times.firstToken),
    draftedTokens: 0,
    acceptedTokens: 0,
    completionTokens: usage.output,
    thinkingTokens: usage.thinking,
    completionNanoseconds: durations?.answer || measured(times.firstToken, times.ended),
  };
}

interface EndedRun {
  readonly times: RemoteTimes;
  readonly timings: CompletionTimings;
  readonly isVerbose: boolean;
}

export function lastChunk<Text extends object>(
  writer: ChunkWriter<Text>,
  end: AnswerEnd,
  run: EndedRun,
): ChunkFields & Text {
  return writer.finished({
    reason: end.reason,
    stopText: run.isVerbose ? end.stopText : undefined,
    truncated: false,
    ...(end.context && { tokens: end.context }),
    metrics: metricsFor(end, run),
  });
}

function metricsFor({ durations }: AnswerEnd, { times, timings, isVerbose }: EndedRun): Metrics {
  const queueNanoseconds = Math.round((times.granted - times.started) * NANOSECONDS_PER_MILLISECOND);
  return metricsOf({
    totalMilliseconds: times.ended - times.started,
    loadNanoseconds: queueNanoseconds + (durations?.load ?? 0),
    queueNanoseconds,
    timings,
    isVerbose,
  });
}

/** Leaves out calls beyond the first, where a request allows one. */
export function withinCalls(part: AnswerPart, seen: number, most: number): AnswerPart {
  if (part.type === 'end' || part.calls.length === 0 || seen + part.calls.length <= most) return part;
  return { ...part, calls: part.calls.slice(0, Math.max(0, most - seen)) };
}

/** Two neighbouring pieces as one, for a client that reads slowly. */
export function mergedParts(last: AnswerPart, next: AnswerPart): AnswerPart | undefined {
  if (last.type !== 'text' || next.type !== 'text') return undefined;
  // Content behind calls, and thinking behind content, keep their places.
  if (last.calls.length > 0 || (last.content !== '' && next.thinking !== '')) return undefined;
  const logprobs = [...(last.logprobs ?? []), ...(next.logprobs ?? [])];
  return {
    type: 'text',
    content: last.content + next.content,
    thinking: last.thinking + next.thinking,
    calls: next.calls,
    ...(logprobs.length > 0 && { logprobs }),
  };
}
