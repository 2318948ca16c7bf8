/** Time passed as an argument, so that policies can be tested without waiting. All durations are in milliseconds. */
export interface Clock {
  /**
   * Milliseconds for durations: they advance evenly while the machine runs, even if somebody sets the time of day. They
   * say nothing about the date.
   */
  now(): number;
  /** The time of day in milliseconds since the epoch, for what others read. It may jump either way. */
  date(): number;
  /** Calls back once after the delay; the returned function cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** Longest delay that a Node timer supports; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, Math.min(milliseconds, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
