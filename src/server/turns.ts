/**
 * Runs pieces of long computations one per turn of the event loop, so that other requests are served between any two of
 * them, however many computations there are.
 */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** Resolves when the caller may compute until it next waits: at most a quarter of a second. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#waiting.shift()?.();
      this.#isScheduled = false;
      // An immediate that is set here runs after the next look at the sockets.
      this.#schedule();
    });
  }
}

/** One for all requests, as the event loop is. */
export const turns = new Turns();
