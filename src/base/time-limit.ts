import { type Context, createContext, Script } from 'node:vm';

/** Runs a function on this thread and interrupts it when it takes too long. */
export class TimeLimit {
  readonly limitMs: number;
  readonly #context: Context = createContext({ run: undefined });
  readonly #script = new Script('run()');

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  run<T>(action: () => T): T {
    let result: { value: T } | undefined;
    this.#context.run = () => {
      result = { value: action() };
    };
    try {
      this.#script.runInContext(this.#context, { timeout: this.limitMs });
    } finally {
      this.#context.run = undefined;
    }
    if (!result) throw new Error('the function did not run');
    return result.value;
  }
}

/** Whether an error is the timeout of `TimeLimit`. It comes from another realm, so `instanceof Error` would fail. */
export function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
