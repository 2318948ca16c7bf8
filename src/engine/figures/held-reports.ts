import type { HeldChanges, HeldStates } from '../cache/held-changes.ts';
import type { FrameSender } from '../frame-sender.ts';

/** Often enough that routers know a prompt before its next turn, seldom enough to cost nothing beside the steps. */
const HELD_REPORT_MS = 50;

interface HeldReportParts {
  readonly changes: Pick<HeldChanges, 'take' | 'beginAgain'>;
  readonly states: () => HeldStates;
  readonly sender: Pick<FrameSender, 'send'>;
}

/** Reports to the parent which tokens the caches hold, a while after each change. */
export class HeldReports {
  readonly #parts: HeldReportParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: HeldReportParts) {
    this.#parts = parts;
  }

  /** Must be called after every step, and after the load. */
  changed(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#send()) this.changed();
    }, HELD_REPORT_MS);
    this.#timer.unref();
  }

  /** Reports everything again, from the start. */
  beginAgain(): void {
    this.#parts.changes.beginAgain();
    this.changed();
  }

  /** @returns whether that was all */
  #send(): boolean {
    const { changes, states, sender } = this.#parts;
    const taken = changes.take(states());
    if (!taken) return true;
    sender.send({ type: 'held', report: taken.report });
    return taken.isAll;
  }
}
