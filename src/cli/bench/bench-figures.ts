/** Computes the figures of a benchmark from the times of its requests. Units are seconds and tokens per second. */

export interface StreamTimes {
  /** Time from the request to its first token. */
  readonly firstToken: number;
  /** Time from the common start of all streams that run together to the end of this one. */
  readonly end: number;
  /** Number of prompt tokens that were computed. */
  readonly promptTokens: number;
  readonly promptTime: number;
  readonly tokens: number;
  readonly time: number;
}

export interface StreamFigures {
  readonly streams: number;
  readonly firstToken: number;
  /** Rate of all streams together. */
  readonly prefill: number;
  /** Rate of each stream. */
  readonly decode: number;
  /** Rate of all streams together, from the first token of any stream to the end of the last. */
  readonly decodeTotal: number;
}

/** The middle value, or the mean of the two middle values; NaN if there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
/** 0 if no time has passed: with a tiny model the clock may be too coarse, and the rate must not be infinite. */
const rate = (tokens: number, seconds: number) => (seconds > 0 ? tokens / seconds : 0);

/** @param groups one group for each repetition: the streams that ran together */
export function figuresOf(groups: readonly (readonly StreamTimes[])[]): StreamFigures {
  const all = groups.flat();
  const prefills = groups.map((group) =>
    rate(
      sum(group.map((stream) => stream.promptTokens)),
      Math.max(...group.map((stream) => stream.promptTime)),
    ),
  );
  const totals = groups.map((group) => {
    const begin = Math.min(...group.map((stream) => stream.firstToken));
    return rate(sum(group.map((stream) => stream.tokens)), Math.max(...group.map(({ end }) => end)) - begin);
  });
  return {
    streams: groups[0]?.length ?? 0,
    firstToken: median(all.map((stream) => stream.firstToken)),
    prefill: median(prefills),
    decode: median(all.map((stream) => rate(stream.tokens, stream.time))),
    decodeTotal: median(totals),
  };
}
