/** Long enough to smooth bursts, short enough to show a stall while it lasts. */
const WINDOW_MS = 10_000;
/** A rate over less time than this would be random. */
const MIN_SPAN_MS = 1000;
/** Samples that are closer together than this replace each other. */
const SAMPLE_MS = 100;

interface Sample {
  readonly time: number;
  readonly bytes: number;
}

/** Measures bytes per second over the last ten seconds. Times are in milliseconds of one clock. */
export class ProgressRate {
  /** Oldest first. The first may be older than the window; the bytes at the window's start are then interpolated. */
  readonly #samples: Sample[] = [];

  add(time: number, bytes: number): void {
    const previous = this.#samples.at(-1);
    // The count drops when a download restarts. Earlier samples are then meaningless.
    if (previous && bytes < previous.bytes) this.#samples.length = 0;
    else if (this.#samples.length > 1 && previous && time - previous.time < SAMPLE_MS) this.#samples.pop();
    this.#samples.push({ time, bytes });
    while ((this.#samples[1]?.time ?? time) < time - WINDOW_MS) this.#samples.shift();
  }

  /** Bytes per second; undefined until a second has passed. */
  at(now: number): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || now - first.time < MIN_SPAN_MS) return undefined;
    const start = now - WINDOW_MS;
    if (last.time <= start) return 0;
    const next = this.#samples.find(({ time }) => time > start) ?? last;
    const before = this.#samples.findLast(({ time }) => time <= start);
    const base = before ? between(before, next, start) : first;
    return ((last.bytes - base.bytes) / (now - base.time)) * 1000;
  }
}

function between(left: Sample, right: Sample, time: number): Sample {
  const share = (time - left.time) / (right.time - left.time);
  return { time, bytes: left.bytes + share * (right.bytes - left.bytes) };
}
