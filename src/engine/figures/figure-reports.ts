import type { EngineFigures } from '../../protocol/engine-figures.ts';
import type { FrameSender } from '../frame-sender.ts';

/** As often as anybody looks at a dashboard, and too seldom to cost anything beside the work that is counted. */
const INTERVAL_MS = 1000;

interface ReportParts {
  readonly take: () => EngineFigures;
  readonly sender: Pick<FrameSender, 'send'>;
  /** Returns milliseconds of a monotonic clock; absent = `performance.now()`. */
  readonly now?: () => number;
}

/** Reports the figures of a loop to the parent while it works, and once after its work. */
export class FigureReports {
  readonly #parts: ReportParts;
  readonly #now: () => number;
  #sentAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ReportParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
  }

  /** Must be called after every step. What the step changed is reported within an interval. */
  changed(): void {
    if (this.#timer) return;
    const due = Math.max(0, this.#sentAt + INTERVAL_MS - this.#now());
    this.#timer = setTimeout(() => this.send(), due);
    this.#timer.unref();
  }

  /** Reports what was counted, if anything was. */
  send(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sentAt = this.#now();
    this.#parts.sender.send({ type: 'figures', figures: this.#parts.take() });
  }
}
