/** Runs the two processes of a conversion; see `ConvertPrograms`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { systemClock } from '../../base/clock.ts';
import { createDeferred } from '../../base/deferred.ts';
import { messageOf, OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { programOf, withNodeOptions } from '../../base/program/programs.ts';
import type { ConvertReport } from '../../convert/plan/convert-plan.ts';
import { requireSupportedMachine } from '../../platform/library-folder.ts';
import { exitSentence, type ProcessExit } from '../../platform/process-exit.ts';
import type { ConvertEvent, ConvertJob } from '../../protocol/convert-job.ts';
import type { ChildKeeper } from '../../runner/child-keeper.ts';
import { watchMemory } from '../../workers/memory-watch.ts';
import type { ConvertPrograms } from './convert-programs.ts';
import { EventLines } from './event-lines.ts';

export interface ConvertProcessOptions {
  /** Program of the child process; tests replace it. */
  readonly program?: string;
  /** Tracks the processes. */
  readonly keeper?: Pick<ChildKeeper, 'add'>;
}

interface MemoryLimits {
  /** Size of V8's heap in MiB. */
  readonly heapMb: number;
  /** Size of the part of the heap for new values in MiB, where V8's own choice is too large. */
  readonly newValuesMb?: number;
  /** Size of everything in memory, in MiB. */
  readonly residentMb: number;
}

/**
 * The largest vocabularies, of 262 thousand tokens, take about 400 MiB while they are compared. The memory of a write depends
 * neither on the model's size nor on what is in its files; it is about 90 MiB.
 */
const memoryLimits: Readonly<Record<ConvertJob['kind'], MemoryLimits>> = {
  plan: { heapMb: 1024, residentMb: 2048 },
  write: { heapMb: 64, newValuesMb: 2, residentMb: 512 },
};
/** The end of what a process prints to standard error, in characters. */
const KEPT_LOG = 4096;

/** How a process ended. */
interface Ending extends ProcessExit {
  /** Set when the process could not be started. */
  readonly error?: Error;
}

export function convertPrograms(options: ConvertProcessOptions = {}): ConvertPrograms {
  return {
    async plan(job, signal) {
      const event = await runJob(job, { ...options, signal });
      if (event?.kind !== 'planned') throw broken('the process printed no plan');
      return { total: event.total, report: event.report as ConvertReport };
    },
    async write(job, signal, onProgress) {
      const event = await runJob(job, { ...options, signal, onProgress });
      if (event?.kind !== 'written') throw broken('the process printed no digest');
      const { digest, size, warnings } = event;
      return { digest, size, warnings };
    },
  };
}

interface Run extends ConvertProcessOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Resolves with the last event of the process, when it has exited.
 * @throws OllamaError the process's own, `runner-failed` with the reason, `canceled`
 */
async function runJob(job: ConvertJob, run: Run): Promise<ConvertEvent | undefined> {
  throwIfCanceled(run.signal);
  requireSupportedMachine();
  const limits = memoryLimits[job.kind];
  const child = start(job, run.program ?? programOf('convert'), limits);
  const ended = createDeferred<Ending>();
  child.once('error', (error) => ended.resolve({ code: null, signal: null, error }));
  child.once('close', (code, signal) => ended.resolve({ code, signal }));
  if (child.pid !== undefined)
    run.keeper?.add(child.pid, ended.promise, () => ended.resolve({ code: null, signal: null }));
  const output = new ChildOutput(child, run.onProgress);
  const kill = () => void child.kill('SIGKILL');
  const excess = () => {
    output.reason = `the process needed more than ${limits.residentMb} MiB of memory`;
    kill();
  };
  const endWatch = watchMemory(systemClock, child.pid, limits.residentMb, excess);
  run.signal.addEventListener('abort', kill, { once: true });
  try {
    const ending = await ended.promise;
    throwIfCanceled(run.signal);
    if (output.last?.kind === 'refused') throw new OllamaError(output.last.code, output.last.message);
    if (ending.code !== 0) throw broken(output.reason ?? reasonOf(ending, output.log));
    return output.last;
  } finally {
    endWatch();
    run.signal.removeEventListener('abort', kill);
    child.stdin?.destroy();
  }
}

function start(job: ConvertJob, program: string, { heapMb, newValuesMb }: MemoryLimits): ChildProcess {
  const flags = [`--max-old-space-size=${heapMb}`];
  if (newValuesMb !== undefined) flags.push(`--max-semi-space-size=${newValuesMb}`);
  const { parameters, env } = withNodeOptions(flags);
  const child = spawn(process.execPath, [...parameters, program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    windowsHide: true,
  });
  // The child exits when its standard input closes, so it never outlives this process.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(job)}\n`);
  return child;
}

/** What a process has printed. */
class ChildOutput {
  /** The last event that is not only progress. */
  last: ConvertEvent | undefined;
  /** The end of its log. */
  log = '';
  /** Why it was killed. */
  reason: string | undefined;

  constructor(child: ChildProcess, onProgress: ((bytes: number) => void) | undefined) {
    const lines = new EventLines((event) => {
      if (event.kind === 'progress') onProgress?.(event.completed);
      else this.last = event;
    });
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      try {
        lines.push(chunk);
      } catch (error) {
        this.reason ??= messageOf(error);
        child.kill('SIGKILL');
      }
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.log = `${this.log}${chunk}`.slice(-KEPT_LOG);
    });
  }
}

function reasonOf(ending: Ending, log: string): string {
  const { code, error } = ending;
  if (error) return messageOf(error);
  const printed = /^error: (.*)$/m.exec(log)?.[1];
  if (printed !== undefined) return printed;
  // V8 aborts when its heap is full; Node turns that into the exit code of a shell where it handles the signal.
  if (/heap out of memory|Allocation failed/.test(log) || code === 134)
    return 'its files need more memory than the process may use';
  return exitSentence(ending);
}

function broken(reason: string): OllamaError {
  return new OllamaError('runner-failed', `the model could not be converted: ${reason}`);
}
