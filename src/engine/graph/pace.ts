/** Multiplications of one kind of pass. */
export interface Work {
  readonly kind: string;
  readonly multiplications: number;
}

/** Guess before the first measurement: slower than any machine that is fast enough for use, so that the first stage is short. */
const FIRST_GUESS_PER_SECOND = 2e9;
/** Weight of the newest measurement: other programs disturb single ones. */
const NEWEST = 0.5;

/** How long work takes on this machine, learned from the stages computed so far. Without effects. */
export class Pace {
  readonly #secondsPerWork = new Map<string, number>();
  #common: number | undefined;

  /** Predicted seconds. */
  seconds({ kind, multiplications }: Work): number {
    return multiplications * this.#rate(kind);
  }

  /** Takes a measurement of kinds computed together; each gets its share of the difference from the prediction. */
  learn(parts: readonly Work[], seconds: number): void {
    const predicted = parts.reduce((sum, part) => sum + this.seconds(part), 0);
    if (predicted <= 0 || seconds <= 0) return;
    const factor = seconds / predicted;
    for (const kind of new Set(parts.map((part) => part.kind))) {
      const known = this.#secondsPerWork.get(kind);
      const measured = this.#rate(kind) * factor;
      const rate = known === undefined ? measured : known + NEWEST * (measured - known);
      this.#secondsPerWork.set(kind, rate);
      this.#common = rate;
    }
  }

  /** A kind that was not measured yet takes the rate of the one measured last. */
  #rate(kind: string): number {
    return this.#secondsPerWork.get(kind) ?? this.#common ?? 1 / FIRST_GUESS_PER_SECOND;
  }
}
