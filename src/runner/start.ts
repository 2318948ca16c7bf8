import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { systemClock } from '../base/clock.ts';
import { createDeferred } from '../base/deferred.ts';
import { OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { programOf } from '../base/program/programs.ts';
import { requireSupportedMachine } from '../platform/library-folder.ts';
import type { EngineFigures } from '../protocol/engine-figures.ts';
import type { HeldReport } from '../protocol/held-report.ts';
import type { LoadOptions, RunnerFacts } from '../protocol/load.ts';
import type { StepReport } from '../protocol/step-report.ts';
import type { ChildKeeper } from './child-keeper.ts';
import { ChildRunner } from './child-runner.ts';
import { EngineLog } from './engine-log.ts';
import { hugePageBytes, withHugePages } from './huge-pages.ts';
import type { Runner } from './runner.ts';

export interface StartOptions {
  readonly load: LoadOptions;
  /** The child's program; the engine unless a test provides its own. */
  readonly program?: string;
  /** Maximum time without any sign of progress while loading, in milliseconds; Infinity = no limit. */
  readonly loadTimeoutMs: number;
  /**
   * Maximum time in milliseconds that a loaded model with work may go without progress; absent or Infinity = no limit.
   */
  readonly hangTimeoutMs?: number;
  /** Bytes that can be allocated now, for error messages. */
  readonly availableMemoryBytes?: () => number;
  /** Tracks the process. */
  readonly keeper?: Pick<ChildKeeper, 'add'>;
  readonly signal?: AbortSignal | undefined;
  readonly logger: Logger;
  /** Called with a fraction from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Called with what the child has counted since the last call, if the load asks for it. */
  readonly onFigures?: (figures: EngineFigures) => void;
  /** Called with what the child has computed since the last call, while its steps are watched. */
  readonly onSteps?: (report: StepReport) => void;
  readonly onHeld?: (report: HeldReport) => void;
}

const LOCK_WARNING = 'use_mlock: the weights could not be locked in memory and may be swapped out';

function lockWarning(platform: string = process.platform): string {
  const advice =
    platform === 'win32'
      ? 'free some memory, or give this user the right to increase a working set'
      : 'raise RLIMIT_MEMLOCK (ulimit -l)';
  return `${LOCK_WARNING}; ${advice}`;
}
/** The longest delay that a Node timer supports. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Starts a child process and loads a model in it.
 * @throws OllamaError `load-failed` with the engine's last error lines, or because no model runs on this machine, `canceled` when the signal aborts
 */
export async function startRunner(options: StartOptions): Promise<Runner> {
  if (options.signal?.aborted) throw new OllamaError('canceled', 'request canceled');
  requireSupportedMachine();
  const child = spawn(process.execPath, [options.program ?? programOf('engine')], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
    env: options.load.hugePages ? withHugePages(process.env) : process.env,
  });
  const log = new EngineLog();
  const runner = new ChildRunner(child, child.stdio[3] as Socket, log, {
    hangTimeoutMs: options.hangTimeoutMs ?? Number.POSITIVE_INFINITY,
    clock: systemClock,
    availableMemoryBytes: options.availableMemoryBytes,
    logger: options.logger,
    onFigures: options.onFigures,
    onSteps: options.onSteps,
    onHeld: options.onHeld,
  });
  if (child.pid !== undefined) options.keeper?.add(child.pid, runner.exited, () => runner.declareGone());
  const loading = createDeferred<RunnerFacts>();
  const stall = new StallTimer(options.loadTimeoutMs, () => {
    loading.reject(
      new OllamaError(
        'load-failed',
        `timed out waiting for the model to load: no progress for ${options.loadTimeoutMs / 1000} s; raise OLLAMA_LOAD_TIMEOUT`,
      ),
    );
  });
  const onAbort = () => loading.reject(new OllamaError('canceled', 'request canceled'));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  // The process also writes after loading. Reading must never stop, or the process would block.
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log.push(chunk);
    stall.reset();
  });
  runner.watchLoad({
    progress: (fraction) => {
      stall.reset();
      options.onProgress?.(fraction);
    },
    ready: loading.resolve,
    failed: loading.reject,
  });
  runner.send({ type: 'load', options: options.load, loadedMarker: `loaded ${randomUUID()}` });
  try {
    const facts = await loading.promise;
    if (log.lockFailed) options.logger.warn(lockWarning(), { pid: runner.pid });
    options.logger.info('model loaded', {
      pid: runner.pid,
      path: options.load.modelPath,
      slots: facts.slots,
      ...(options.load.hugePages && { hugePageBytes: await hugePageBytes(runner.pid) }),
    });
    return runner;
  } catch (error) {
    await runner.kill();
    throw error;
  } finally {
    stall.clear();
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** Fires when `reset()` has not been called for a while. */
class StallTimer {
  readonly #milliseconds: number;
  readonly #onStall: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number, onStall: () => void) {
    this.#milliseconds = milliseconds;
    this.#onStall = onStall;
    this.reset();
  }

  reset(): void {
    if (this.#milliseconds > LONGEST_TIMER_MS) return;
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(this.#onStall, this.#milliseconds);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
