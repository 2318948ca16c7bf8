import { STEP_REPORT_MS, type StepReport } from '../../protocol/step-report.ts';
import type { FrameSender } from '../frame-sender.ts';
import type { StepRecords } from './step-records.ts';

interface StepReportParts {
  readonly records: Pick<StepRecords, 'isOn' | 'switch' | 'take'>;
  /** What the slots and the caches hold now. */
  readonly contents: () => Pick<StepReport, 'slots' | 'stored'>;
  readonly sender: Pick<FrameSender, 'send'>;
}

/** Reports the steps of a loop to the parent at intervals while it works, if the parent watches. */
export class StepReports {
  readonly #parts: StepReportParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: StepReportParts) {
    this.#parts = parts;
  }

  /** Begins with a report of what there is, or ends. */
  watch(isWatched: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#parts.records.switch(isWatched);
    if (isWatched) this.#send();
  }

  /** Must be called after every step. What the step changed is reported after an interval. */
  changed(): void {
    if (this.#timer || !this.#parts.records.isOn) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, STEP_REPORT_MS);
    this.#timer.unref();
  }

  #send(): void {
    const { records, contents, sender } = this.#parts;
    sender.send({ type: 'steps', report: { ...records.take(), ...contents() } });
  }
}
