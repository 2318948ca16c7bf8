/** Runs the quantizer in a process of its own, because it may hit an assertion or run out of memory. */
import { spawn } from 'node:child_process';
import { createDeferred } from '../base/deferred.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';
import { programOf } from '../base/program/programs.ts';
import { requireSupportedMachine } from '../platform/library-folder.ts';
import { exitSentence, type ProcessExit } from '../platform/process-exit.ts';
import type { QuantizeJob } from '../protocol/quantize-job.ts';
import type { ChildKeeper } from '../runner/child-keeper.ts';
import { QuantizeLog } from './quantize-log.ts';

export interface QuantizeProcessOptions {
  /** Program of the child process; tests replace it. */
  readonly program?: string;
  /** Tracks the process. */
  readonly keeper?: Pick<ChildKeeper, 'add'>;
  readonly signal: AbortSignal;
  /** Called with the name of each tensor that was written. */
  readonly onTensor: (name: string) => void;
}

interface Ending extends ProcessExit {
  /** Set when the process could not be started. */
  readonly error?: Error;
}

/**
 * Runs the quantizer; resolves when the output is written. On cancellation, waits until the process has exited.
 * @throws OllamaError `runner-failed` with the reason, `load-failed` where the libraries do not run, `canceled`
 */
export async function quantizeInProcess(job: QuantizeJob, options: QuantizeProcessOptions): Promise<void> {
  const { program = programOf('quantize'), keeper, signal } = options;
  throwIfCanceled(signal);
  requireSupportedMachine();
  const log = new QuantizeLog(options.onTensor);
  // The child exits when its standard input closes, so it never outlives this process.
  const child = spawn(process.execPath, [program, JSON.stringify(job)], {
    stdio: ['pipe', 'ignore', 'pipe'],
    windowsHide: true,
  });
  child.stdin?.on('error', () => undefined);
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => log.push(chunk));
  const ended = createDeferred<Ending>();
  child.once('error', (error) => ended.resolve({ code: null, signal: null, error }));
  child.once('close', (code, endSignal) => ended.resolve({ code, signal: endSignal }));
  const declareGone = () => ended.resolve({ code: null, signal: null });
  if (child.pid !== undefined) keeper?.add(child.pid, ended.promise, declareGone);
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    const ending = await ended.promise;
    throwIfCanceled(signal);
    if (ending.code !== 0) throw failure(ending, log.reason);
  } finally {
    signal.removeEventListener('abort', kill);
    child.stdin?.destroy();
  }
}

function failure(ending: Ending, reason: string | undefined): OllamaError {
  const { error } = ending;
  const text = reason ?? error?.message ?? exitSentence(ending);
  return new OllamaError('runner-failed', `the model could not be quantized: ${text}`, { cause: error });
}
