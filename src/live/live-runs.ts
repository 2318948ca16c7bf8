import type { EngineRun } from '../api/engine-events.ts';
import type { BegunRun, RunFollower } from '../runs/run-follower.ts';

/** Ended runs that are remembered, because reports about their steps come later, and those who watch slowly come later still. */
const MOST_ENDED = 1000;

/** Who watches. */
export interface Viewer {
  /** ID of the API key; absent = none. */
  readonly keyId?: string | undefined;
  /** Whether the names of all runs may be shown. */
  readonly seesAll: boolean;
  /** Whether a model may be shown. @param model absent = its name is not known */
  mayUse(model: string | undefined): boolean;
}

interface LiveRunsParts {
  /** Called when the first text of an answer came. @param model as `ollama list` shows it */
  readonly onFirstToken?: (model: string, milliseconds: number) => void;
}

/** The runs that proceed, by their numbers, and those that ended last. */
export class LiveRuns implements RunFollower {
  readonly #parts: LiveRunsParts;
  readonly #proceeding = new Map<number, BegunRun>();
  readonly #ended = new Map<number, BegunRun>();
  #last = 0;

  constructor(parts: LiveRunsParts = {}) {
    this.#parts = parts;
  }

  began(run: BegunRun): number {
    this.#last++;
    this.#proceeding.set(this.#last, run);
    return this.#last;
  }

  firstToken(run: number, milliseconds: number): void {
    const model = this.#proceeding.get(run)?.model;
    if (model !== undefined) this.#parts.onFirstToken?.(model, milliseconds);
  }

  ended(number: number): void {
    const run = this.#proceeding.get(number);
    if (!run) return;
    this.#proceeding.delete(number);
    this.#ended.set(number, run);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  /** What a viewer is shown of these runs. Numbers that are not known are left out. */
  describe(numbers: Iterable<number>, { keyId, seesAll }: Pick<Viewer, 'keyId' | 'seesAll'>): EngineRun[] {
    return [...new Set(numbers)].flatMap((number): EngineRun[] => {
      const run = this.#proceeding.get(number) ?? this.#ended.get(number);
      if (!run) return [];
      const { kind, model, requestId, keyName } = run;
      const anonymous = !seesAll && run.keyId !== keyId;
      const names = anonymous
        ? {}
        : { request_id: requestId, ...(keyName !== undefined && { key: keyName }) };
      return [{ run: number, kind, model, ...names, anonymous }];
    });
  }
}
