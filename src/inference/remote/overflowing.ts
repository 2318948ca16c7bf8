/** A run that begins here, and goes to an upstream if its line turns out too long. */
import { OllamaError } from '../../base/errors.ts';
import type { Caller } from '../caller.ts';
import type { RunNotices } from '../completion/completion-run.ts';

export type LocalStart<Chunk> = (
  caller: Caller,
  notices: RunNotices,
) => AsyncGenerator<Chunk, void, undefined>;

interface OverflowingRun<Chunk> {
  readonly local: LocalStart<Chunk>;
  readonly there: () => AsyncGenerator<Chunk, void, undefined>;
  /** Whether an upstream has a place for it now. */
  readonly isFree: () => boolean;
  /** How long it may wait for its model here, in milliseconds. */
  readonly overflowMs: number;
  readonly caller: Caller;
  readonly notices: RunNotices;
}

/** How often a run that has waited long enough looks for a place at an upstream, in milliseconds. */
const LOOK_AGAIN_MS = 250;

export async function* overflowing<Chunk>(
  run: OverflowingRun<Chunk>,
): AsyncGenerator<Chunk, void, undefined> {
  const { caller, notices } = run;
  const leaving = new AbortController();
  let hasModel = false;
  const movesOn = (error: unknown) =>
    !hasModel && !caller.signal.aborted && (leaving.signal.aborted || (isShortage(error) && run.isFree()));
  const own: Caller = {
    ...caller,
    movesOn,
    signal: AbortSignal.any([caller.signal, leaving.signal]),
  };
  const told = withLease(notices, () => {
    hasModel = true;
    clearTimeout(timer);
  });
  const look = (): NodeJS.Timeout | undefined => {
    if (hasModel) return undefined;
    if (!run.isFree()) return setTimeout(again, LOOK_AGAIN_MS);
    leaving.abort();
    return undefined;
  };
  const again = () => {
    timer = look();
  };
  let timer: NodeJS.Timeout | undefined = setTimeout(again, run.overflowMs);
  try {
    yield* run.local(own, told);
  } catch (error) {
    if (!movesOn(error)) throw error;
    yield* run.there();
  } finally {
    clearTimeout(timer);
  }
}

/** The same notices, of which one is ours. Their methods may need their object. */
function withLease(notices: RunNotices, leased: () => void): RunNotices {
  return new Proxy(notices, {
    get: (target, name) => {
      if (name === 'leased') return leased;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The queue is full, or there is no memory for the model. */
function isShortage(error: unknown): boolean {
  return error instanceof OllamaError && (error.code === 'busy' || error.code === 'load-failed');
}
