/** From the times of single requests to the figures of a machine. Seconds throughout, and tokens per second. */

export interface StreamTimes {
  /** From the request to its first token. */
  readonly firstToken: number;
  /** The request's end, from the common start of all that run together. */
  readonly end: number;
  /** Tokens of the prompt that were computed. */
  readonly promptTokens: number;
  readonly promptTime: number;
  readonly tokens: number;
  readonly time: number;
}

export interface StreamFigures {
  readonly streams: number;
  readonly firstToken: number;
  /** Of all streams together. */
  readonly prefill: number;
  /** Of each stream. */
  readonly decode: number;
  /** Of all streams together, from the first token of any to the end of all. */
  readonly decodeTotal: number;
}

/** The middle value, or the mean of the two middle ones; NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
/** A clock too coarse for a tiny model gives no rate rather than an endless one. */
const rate = (tokens: number, seconds: number) => (seconds > 0 ? tokens / seconds : 0);

/** @param groups one for each repetition: the streams that ran together */
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
