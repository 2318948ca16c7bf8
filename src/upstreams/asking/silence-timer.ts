import type { Clock } from '../../base/clock.ts';
import type { OllamaError } from '../../base/errors.ts';
import { silence } from '../transport/upstream-errors.ts';

interface Limits {
  readonly name: string;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Aborts a request to an upstream that is silent for too long: before its answer begins, or within it. */
export class SilenceTimer {
  readonly #limits: Limits;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #abort: AbortController;
  #cancel: (() => void) | undefined;
  #hasBegun = false;
  /** Why it aborted the request; undefined = it did not. */
  reason: OllamaError | undefined;

  constructor(limits: Limits, clock: Pick<Clock, 'after'>, abort: AbortController) {
    this.#limits = limits;
    this.#clock = clock;
    this.#abort = abort;
    this.#wait(limits.firstByteTimeoutMs, 'begin');
  }

  /** A piece of the answer came. */
  begun(): void {
    this.#hasBegun = true;
    this.heard();
  }

  /** Bytes came. Before the answer begins they change nothing: comments keep a connection open, but are no answer. */
  heard(): void {
    if (this.#hasBegun) this.#wait(this.#limits.idleTimeoutMs, 'middle');
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(milliseconds: number, when: 'begin' | 'middle'): void {
    this.stop();
    this.#cancel = this.#clock.after(milliseconds, () => {
      this.reason = silence(this.#limits.name, milliseconds, when);
      this.#abort.abort(this.reason);
    });
  }
}
