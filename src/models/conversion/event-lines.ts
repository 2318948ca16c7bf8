import { MIB } from '../../base/units.ts';
import type { ConvertEvent } from '../../protocol/convert-job.ts';

/** Characters. The processes bound their reports and errors to much less. */
const LONGEST_LINE = MIB;

/** Puts the lines of a process together, and reads each as an event. */
export class EventLines {
  readonly #onEvent: (event: ConvertEvent) => void;
  #pending = '';

  constructor(onEvent: (event: ConvertEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** @throws Error when a line is too long or is not JSON */
  push(chunk: string): void {
    const lines = `${this.#pending}${chunk}`.split('\n');
    this.#pending = lines.pop() ?? '';
    if (this.#pending.length > LONGEST_LINE) throw new Error('the process printed a line without end');
    for (const line of lines) this.#onEvent(JSON.parse(line) as ConvertEvent);
  }
}
