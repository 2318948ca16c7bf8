interface Speed {
  /** Tokens per second of decode. */
  readonly rate: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type Speeds = Readonly<Record<string, Speed>>;

/** A few tokens say more about the clock than about the model. */
const MIN_TOKENS = 16;
/** The weight of the newest answer in the mean, so that a change of the machine shows after a few. */
const NEWEST_SHARE = 0.3;
/** The browser keeps them all in one value, which it reads before the page is there. */
const MAX_MODELS = 100;

interface Answer {
  readonly model: string;
  readonly tokens: number;
  readonly nanoseconds: number;
  readonly now: number;
}

/** The speeds after another answer: a mean in which older answers count less and less. */
export function withSpeed(speeds: Speeds, { model, tokens, nanoseconds, now }: Answer): Speeds {
  if (tokens < MIN_TOKENS || nanoseconds <= 0) return speeds;
  const rate = (tokens / nanoseconds) * 1e9;
  const before = speeds[model]?.rate ?? rate;
  const mean = before + (rate - before) * NEWEST_SHARE;
  const all = Object.entries({ ...speeds, [model]: { rate: mean, at: now } });
  const newest = all.sort(([, left], [, right]) => right.at - left.at).slice(0, MAX_MODELS);
  return Object.fromEntries(newest);
}
