import type { Clock } from '../../base/clock.ts';
import type { OllamaError } from '../../base/errors.ts';
import { type Silence, silence } from '../transport/upstream-errors.ts';

interface Limits {
  readonly name: string;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Aborts a request to an upstream that is silent for too long: before its answer begins, or within it. */
export class SilenceTimer {
  readonly #limits: Limits;
  readonly #clock: Pick<Clock, 'after' | 'now'>;
  readonly #abort: AbortController;
  #cancel: (() => void) | undefined;
  /** When the answer last went on; undefined = it has not begun. */
  #progress: number | undefined;
  /** Why it aborted the request; undefined = it did not. */
  reason: OllamaError | undefined;

  constructor(limits: Limits, clock: Pick<Clock, 'after' | 'now'>, abort: AbortController) {
    this.#limits = limits;
    this.#clock = clock;
    this.#abort = abort;
    this.#wait(limits.firstByteTimeoutMs, 'begin');
  }

  /** Something of the answer came. */
  begun(): void {
    this.#progress = this.#clock.now();
    this.heard();
  }

  /**
   * Bytes came. Before the answer begins they change nothing: comments keep a connection open, but are no answer. Within it
   * they end a silence, but they are not enough for longer than the answer may take to begin.
   */
  heard(): void {
    if (this.#progress === undefined) return;
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#limits;
    const most = Math.max(firstByteTimeoutMs, idleTimeoutMs);
    const left = Math.max(0, this.#progress + most - this.#clock.now());
    if (left < idleTimeoutMs) this.#wait(left, 'progress', most);
    else this.#wait(idleTimeoutMs, 'middle');
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(milliseconds: number, when: Silence, told = milliseconds): void {
    this.stop();
    this.#cancel = this.#clock.after(milliseconds, () => {
      this.reason = silence(this.#limits.name, told, when);
      this.#abort.abort(this.reason);
    });
  }
}
