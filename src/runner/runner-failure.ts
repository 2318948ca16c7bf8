/** What a client is told when a runner could not load its model, or ended while it worked. */
import { OllamaError } from '../base/errors.ts';
import { binaryBytes, memoryAdvice } from '../base/memory-text.ts';

/** Everything known about the end. */
export interface FailureFacts {
  /** What the child says, or how it ended. */
  readonly reason: string;
  readonly signal?: string | null;
  /** The engine's last lines that speak of errors, oldest first. */
  readonly lastLines: readonly string[];
  /** Bytes that the runner's buffers took so far. */
  readonly takenBytes: number;
  /** Bytes of the largest buffer that the system refused. */
  readonly refusedBytes: number | undefined;
  /** Bytes that can be taken now; undefined where nobody measures. */
  readonly availableBytes: number | undefined;
}

/** Lines quoted in a reply: the last often only repeats that the one before it failed. */
const QUOTED_LINES = 2;
/** A later attempt finds a new process, so clients may try again. */
const RETRYABLE_STATUS = 503;

const outOfMemoryPattern =
  /bad_alloc|failed to allocate|out of memory|not enough memory|cannot allocate memory/i;

/** The model could not be loaded. */
export function loadFailure(facts: FailureFacts): OllamaError {
  const text = memoryText(facts) ?? withLastLines(facts.reason, facts.lastLines);
  // Killed from outside, without a word of the engine: another attempt may well succeed.
  const isRetryable =
    Boolean(facts.signal) && facts.refusedBytes === undefined && facts.lastLines.length === 0;
  return new OllamaError('load-failed', text, isRetryable ? { status: RETRYABLE_STATUS } : {});
}

/** The process ended while requests ran; the next request starts a new one. */
export function crashFailure(facts: FailureFacts): OllamaError {
  const message =
    'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details';
  const lines = facts.lastLines.length > 0 ? facts.lastLines : [facts.reason];
  const cause = memoryText(facts);
  const text = cause === undefined ? withLastLines(message, lines) : `${message}: ${cause}`;
  return new OllamaError('runner-failed', text, { status: RETRYABLE_STATUS });
}

/** The model was unloaded while the request ran: its place was needed, or the server stops. */
export function unloadFailure(): OllamaError {
  const message = 'the model was unloaded before the answer was complete: try again';
  return new OllamaError('runner-failed', message, { status: RETRYABLE_STATUS });
}

/** The process was ended because it gave no sign of progress. */
export function hangFailure(timeoutMs: number): OllamaError {
  const message = `the model runner made no progress for ${timeoutMs / 1000} s and was ended: try again, or raise OLLAMA_RUNNER_TIMEOUT if this model is that slow`;
  return new OllamaError('runner-failed', message, { status: RETRYABLE_STATUS });
}

/** How the process ended, as far as memory explains it. */
function memoryText(facts: FailureFacts): string | undefined {
  const { refusedBytes, lastLines, signal } = facts;
  if (refusedBytes !== undefined) return refusalText(facts, refusedBytes);
  if (lastLines.some((line) => outOfMemoryPattern.test(line)))
    return `${withLastLines('the system gave no more memory', lastLines)}${figures(facts)}; ${memoryAdvice}`;
  if (signal !== 'SIGKILL') return undefined;
  return `the process was killed (signal SIGKILL), probably because the system ran out of memory${figures(facts)}; ${memoryAdvice}`;
}

function refusalText({ takenBytes, availableBytes }: FailureFacts, refusedBytes: number): string {
  const neededBytes = takenBytes + refusedBytes;
  const needed = binaryBytes(neededBytes);
  if (availableBytes !== undefined && neededBytes > availableBytes)
    return `model requires more system memory (${needed}) than is available (${binaryBytes(availableBytes)}); ${memoryAdvice}`;
  const although =
    availableBytes === undefined ? '' : ` although ${binaryBytes(availableBytes)} are available`;
  return `model requires more system memory (${needed}) than this process may have: a buffer of ${binaryBytes(refusedBytes)} was refused${although} (a limit such as ulimit -v?); ${memoryAdvice}`;
}

function figures({ takenBytes, availableBytes }: FailureFacts): string {
  const known = [
    takenBytes > 0 ? `its buffers took ${binaryBytes(takenBytes)}` : undefined,
    availableBytes === undefined ? undefined : `${binaryBytes(availableBytes)} are available now`,
  ].filter((text) => text !== undefined);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}

function withLastLines(message: string, lastLines: readonly string[]): string {
  const last = lastLines.slice(-QUOTED_LINES).join('; ');
  return last === '' ? message : `${message}: ${last}`;
}
