import { type ChildProcess, type ForkOptions, fork, type SpawnOptions } from 'node:child_process';
import { setPriority } from 'node:os';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import { withNodeOptions } from '../base/program/programs.ts';
import { exitText } from '../platform/process-exit.ts';
import { Bulk, PartsReceived } from './bulk.ts';
import { GIVEN_WAY_PRIORITY } from './limits.ts';
import { errorOf, READY, type ReplyFrame, type TaskFrame } from './task-frames.ts';

/** How a worker process came to its end while it had a task. */
export class WorkerGone extends Error {
  /** True if V8 ended it because its heap was full. */
  readonly isOutOfMemory: boolean;

  constructor(exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null }) {
    super(`a worker process ended unexpectedly (${exitText(exit)})`);
    // V8 aborts when an allocation fails; Node turns that into the exit code of a shell where it handles the signal.
    this.isOutOfMemory = exit.signal === 'SIGABRT' || exit.code === 134;
  }
}

/**
 * One worker: a process of its own and not a thread, because V8 ends the whole process when a single large allocation of a
 * thread exceeds the thread's limit.
 */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ready = createDeferred<void>();
  readonly #parts = new PartsReceived();
  #task: Deferred<unknown> | undefined;
  #hasGivenWay = false;
  #isGone = false;

  /**
   * @param program one that calls `serveTasks`, as `programOf` names it
   * @param heapMb megabytes of V8's heap
   */
  constructor(program: string, heapMb: number) {
    const { parameters, env } = withNodeOptions([`--max-old-space-size=${heapMb}`]);
    // Node passes on what else `spawn` takes, which its types do not say.
    const options: ForkOptions & Pick<SpawnOptions, 'windowsHide'> = {
      serialization: 'advanced',
      execArgv: [...parameters],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Settings and secrets of the server are none of its business; the time zone is, because templates write the date.
      env: { ...env, ...(process.env.TZ !== undefined && { TZ: process.env.TZ }) },
      windowsHide: true,
    };
    this.#child = fork(program, [], options);
    this.#child.on('message', (frame: ReplyFrame | typeof READY) => this.#receive(frame));
    this.#child.on('exit', (code, signal) => this.#end(new WorkerGone({ code, signal })));
    this.#child.on('error', (error) => this.#end(error));
  }

  /** Settles when the worker can take its first task. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it may be given another task. */
  get isUsable(): boolean {
    return !this.#isGone && !this.#hasGivenWay;
  }

  /**
   * Runs one task; the next one only after it has settled. A task that returns a `Bulk` resolves with one.
   * @throws the task's own error; WorkerGone
   */
  run(task: TaskFrame): Promise<unknown> {
    const waiting = createDeferred<unknown>();
    this.#task = waiting;
    // It cannot be sent to a process that has just died; its exit rejects the task.
    this.#child.send(task, (error) => error && this.kill());
    return waiting.promise;
  }

  /** Lowers its priority for good: only a privileged process may raise it again. */
  giveWay(): void {
    this.#hasGivenWay = true;
    try {
      if (this.#child.pid !== undefined) setPriority(this.#child.pid, GIVEN_WAY_PRIORITY);
    } catch {
      // It has just exited, or the system does not let us. Then the time limit alone bounds it.
    }
  }

  kill(): void {
    this.#isGone = true;
    this.#child.kill('SIGKILL');
  }

  #receive(frame: ReplyFrame | typeof READY): void {
    if (frame === READY) {
      this.#ready.resolve();
      return;
    }
    if ('part' in frame) {
      this.#parts.add(frame);
      return;
    }
    const task = this.#task;
    this.#task = undefined;
    const bytes = this.#parts.take();
    if ('value' in frame) task?.resolve(frame.hasParts ? new Bulk(frame.value, bytes) : frame.value);
    else task?.reject(errorOf(frame.failure));
  }

  #end(error: Error): void {
    this.#isGone = true;
    this.#ready.reject(error);
    this.#task?.reject(error);
    this.#task = undefined;
  }
}
