import type { RunKind } from './run-record.ts';

/** A run that asks for its model. */
export interface BegunRun {
  readonly requestId: string;
  readonly kind: RunKind;
  /** As `ollama list` shows it; of the alias if one was asked for. */
  readonly model: string;
  /** ID and name of the API key; absent = none. */
  readonly keyId?: string;
  readonly keyName?: string;
}

/** Is told of runs while they proceed. Must return quickly and not throw. */
export interface RunFollower {
  /** @returns the number of the run, more than 0 and never used again */
  began(run: BegunRun): number;
  /** The first text of the answer came. @param milliseconds since its request */
  firstToken(run: number, milliseconds: number): void;
  ended(run: number): void;
}
