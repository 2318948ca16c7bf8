/** What a client is told when a runner could not load its model, or exited while requests were running. */
import { OllamaError } from '../base/errors.ts';
import { binaryBytes, memoryAdvice } from '../base/memory-text.ts';
import { exitCause, exitText, type ProcessExit } from '../platform/process-exit.ts';
import type { ChildFrame } from '../protocol/frames.ts';
import { SuspectError } from './suspicion.ts';

/** Everything known about the failure. */
export interface FailureFacts {
  /** What the child reported, or how it exited. */
  readonly reason: string;
  /** Absent if the process runs, or if this one ended it. */
  readonly exit?: ProcessExit | undefined;
  /** The engine's last lines that report errors, oldest first. */
  readonly lastLines: readonly string[];
  /** Bytes that the runner's buffers used so far. */
  readonly takenBytes: number;
  /** Size in bytes of the largest buffer that the system refused to allocate. */
  readonly refusedBytes: number | undefined;
  /** Bytes that can be allocated now; undefined where they are not measured. */
  readonly availableBytes: number | undefined;
  readonly platform?: string;
}

/** Number of lines quoted in a reply; the last line often only repeats that the one before it failed. */
const QUOTED_LINES = 2;
/** A later attempt gets a new process, so clients may try again. */
const RETRYABLE_STATUS = 503;

const outOfMemoryPattern =
  /bad_alloc|failed to allocate|out of memory|not enough memory|cannot allocate memory/i;

/** The model could not be loaded. */
export function loadFailure(facts: FailureFacts): OllamaError {
  const text = memoryText(facts) ?? withLastLines(facts.reason, facts.lastLines);
  // Killed from outside, without any error from the engine: another attempt may well succeed.
  const wasKilled = facts.exit !== undefined && isKilled(facts.exit, facts.platform);
  const isRetryable = wasKilled && facts.refusedBytes === undefined && facts.lastLines.length === 0;
  return new OllamaError('load-failed', text, isRetryable ? { status: RETRYABLE_STATUS } : {});
}

/** The process exited while requests were running; the next request starts a new one. */
export function crashFailure(facts: FailureFacts): OllamaError {
  const message =
    'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details';
  const lines = facts.lastLines.length > 0 ? facts.lastLines : [facts.reason];
  const cause = memoryText(facts);
  const text = cause === undefined ? withLastLines(message, lines) : `${message}: ${cause}`;
  return new OllamaError('runner-failed', text, { status: RETRYABLE_STATUS });
}

/** The model was unloaded while the request was running: its memory was needed, or the server is stopping. */
export function unloadFailure(): OllamaError {
  const message = 'the model was unloaded before the answer was complete: try again';
  return new OllamaError('runner-failed', message, { status: RETRYABLE_STATUS });
}

/** The process was terminated because it made no progress. */
export function hangFailure(timeoutMs: number): OllamaError {
  const message = `the model runner made no progress for ${timeoutMs / 1000} s and was terminated: try again, or raise OLLAMA_RUNNER_TIMEOUT if the model is that slow`;
  return new OllamaError('runner-failed', message, { status: RETRYABLE_STATUS });
}

/** The process ended itself because the grammar of this request did not return. */
export function overrunFailure(): OllamaError {
  const message =
    'the grammar of this request kept the model computing without end, and the model runner was ended: simplify the grammar, so that fewer of its alternatives match the same text';
  return new OllamaError('overrun', message);
}

/** The same, for the other requests of the process. */
export function neighborFailure(): OllamaError {
  const message =
    'the model runner was ended because the grammar of another request kept it computing without end: try again';
  return new OllamaError('runner-failed', message, { status: RETRYABLE_STATUS });
}

/** How the process exited, if lack of memory explains it. */
function memoryText(facts: FailureFacts): string | undefined {
  const { refusedBytes, lastLines, exit, platform = process.platform } = facts;
  if (refusedBytes !== undefined) return refusalText(facts, refusedBytes);
  if (lastLines.some((line) => outOfMemoryPattern.test(line)))
    return `${withLastLines('the system refused more memory', lastLines)}${figures(facts)}; ${memoryAdvice}`;
  if (exit && exitCause(exit, platform) === 'memory')
    return `the process ended with ${exitText(exit, platform)}${figures(facts)}; ${memoryAdvice}`;
  // Windows refuses memory, but kills nobody for it.
  if (exit?.signal !== 'SIGKILL' || platform === 'win32') return undefined;
  return `the process was killed (signal SIGKILL), probably because the system ran out of memory${figures(facts)}; ${memoryAdvice}`;
}

/** Windows tells an end from outside only by the code. */
function isKilled(exit: ProcessExit, platform: string = process.platform): boolean {
  return platform === 'win32' ? exitCause(exit, platform) === 'outside' : exit.signal !== null;
}

function refusalText(
  { takenBytes, availableBytes, platform = process.platform }: FailureFacts,
  refusedBytes: number,
): string {
  const neededBytes = takenBytes + refusedBytes;
  const needed = binaryBytes(neededBytes);
  if (availableBytes !== undefined && neededBytes > availableBytes)
    return `model requires more system memory (${needed}) than is available (${binaryBytes(availableBytes)}); ${memoryAdvice}`;
  const although =
    availableBytes === undefined ? '' : ` although ${binaryBytes(availableBytes)} is available`;
  const limit =
    platform === 'win32'
      ? 'because the page file is too small: let Windows manage its size'
      : 'because of a limit such as ulimit -v';
  return `model requires more system memory (${needed}) than this process may use: a buffer of ${binaryBytes(refusedBytes)} was refused${although} (possibly ${limit}); ${memoryAdvice}`;
}

function figures({ takenBytes, availableBytes }: FailureFacts): string {
  const known = [
    takenBytes > 0 ? `its buffers used ${binaryBytes(takenBytes)}` : undefined,
    availableBytes === undefined ? undefined : `${binaryBytes(availableBytes)} is available now`,
  ].filter((text) => text !== undefined);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}

function withLastLines(message: string, lastLines: readonly string[]): string {
  const last = lastLines.slice(-QUOTED_LINES).join('; ');
  return last === '' ? message : `${message}: ${last}`;
}

/**
 * What the child reports about a single request. A completion that its reader canceled is no longer listed, so any other cancellation means that the engine is
 * stopping.
 */
export function requestFailure({ code, message }: ChildFrame & { type: 'failed' }): OllamaError {
  if (code === 'canceled') return unloadFailure();
  const error = new OllamaError(code, message);
  return code === 'overrun' ? new SuspectError(error, 1) : error;
}
