/** Carries out what the policy decides: starts and stops runners, grants leases, and keeps the only timer. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../base/clock.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import { messageOf, OllamaError, throwIfCanceled } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { LoadOptions } from '../protocol/load.ts';
import type { Runner } from '../runner/runner.ts';
import type { Effects } from './effects.ts';
import type { SchedulerAction, SchedulerEvent, WaitReason } from './events.ts';
import type { WaitingRequest } from './instance.ts';
import { Lease } from './lease.ts';
import type { LoadTarget } from './load-target.ts';
import type { Place } from './placement/place.ts';
import { SchedulingPolicy } from './policy.ts';
import { describeInstance, type RunningModel } from './running-model.ts';
import type { SchedulerSettings } from './scheduler-settings.ts';

export interface SchedulerParts {
  readonly effects: Effects;
  readonly settings: SchedulerSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface AcquireRequest {
  readonly model: LoadTarget;
  /** Milliseconds; absent = the runner keeps its current keep-alive. */
  readonly keepAliveMs?: number | undefined;
  /** Higher priorities are served first; absent = 0. */
  readonly priority?: number | undefined;
  /** The client that sent it. Clients with the same priority take turns. */
  readonly client?: string | undefined;
  /**
   * For a request that gave its lease back: to get a longer context, which is refused where that would unload another
   * model in use or keep others waiting for too long, or to get the same as before.
   */
  readonly again?: WaitingRequest['again'];
  readonly signal?: AbortSignal | undefined;
}

/** Querying the drivers starts a process, and free memory hardly changes within this time. */
const MAX_DEVICES_AGE_MS = 5000;
/** HTTP status of errors that say nothing about the model. */
const RETRYABLE_STATUS = 503;

interface RunningProcess {
  readonly abort: AbortController;
  loadedFraction: number;
  runner?: Runner;
}

export interface QueuedAcquire {
  /** Name of the model. */
  readonly name: string;
  readonly priority: number;
  readonly waitedMs: number;
  readonly reason: WaitReason;
}

export class Scheduler {
  readonly #effects: Effects;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #policy: SchedulingPolicy;
  readonly #processes = new Map<number, RunningProcess>();
  readonly #waiting = new Map<number, Deferred<Runner>>();
  readonly #events: SchedulerEvent[] = [];
  #dispatching = false;
  #nextRequestId = 1;
  #cancelTimer: (() => void) | undefined;
  #closing: Deferred<void> | undefined;

  constructor({ effects, settings, clock, logger }: SchedulerParts) {
    this.#effects = effects;
    this.#clock = clock;
    this.#logger = logger;
    this.#policy = new SchedulingPolicy(settings);
  }

  /**
   * Waits for a slot on a runner of this model, and loads the model first if necessary. Release the lease when done.
   * @throws OllamaError `busy` when too many requests wait or the longer context is refused, `load-failed`, `canceled` when
   * the signal aborts
   */
  async acquire({ model, signal, ...wishes }: AcquireRequest): Promise<Lease> {
    throwIfCanceled(signal);
    const started = performance.now();
    // Other programs use the GPUs too, so their free memory is queried again before a load.
    const isLoaded = this.#policy.knows(model.key) && wishes.again !== 'longer';
    const news = isLoaded ? undefined : this.#effects.refreshDevices(MAX_DEVICES_AGE_MS);
    if (news !== undefined) await news;
    throwIfCanceled(signal);
    const id = this.#nextRequestId++;
    const granted = createDeferred<Runner>();
    this.#waiting.set(id, granted);
    const leave = () => {
      if (!this.#waiting.delete(id)) return;
      granted.reject(canceled());
      this.#dispatch({ type: 'leave', requestId: id });
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      const since = this.#clock.now();
      this.#dispatch({ type: 'acquire', request: { id, target: model, since, ...wishes } });
      const runner = await granted.promise;
      const loadNanoseconds = Math.round((performance.now() - started) * 1e6);
      return new Lease(runner, loadNanoseconds, () => this.#dispatch({ type: 'release', requestId: id }));
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Whether a model that is loaded could have this longer context, as far as can be known before it is asked for. */
  hasRoomToGrow(target: LoadTarget): boolean {
    const freeMemory = () => this.#effects.freeMemory();
    return this.#policy.hasRoomToGrow(target, { now: this.#clock.now(), freeMemory });
  }

  /** Stops the model's runner when its last request ends. */
  unload(key: string): void {
    this.#dispatch({ type: 'unload', key });
  }

  running(): RunningModel[] {
    const [now, date] = [this.#clock.now(), this.#clock.date()];
    return this.#policy.instances.map((instance) => {
      const process = this.#processes.get(instance.id);
      return describeInstance(instance, {
        facts: process?.runner?.facts,
        loadedFraction: process?.loadedFraction ?? 0,
        now,
        date,
      });
    });
  }

  /** The runners that are loaded and not being stopped. */
  readyRunners(): { readonly name: string; readonly runner: Runner }[] {
    return this.#policy.instances.flatMap(({ id, state, target }) => {
      const runner = this.#processes.get(id)?.runner;
      return state === 'ready' && runner ? [{ name: target.name, runner }] : [];
    });
  }

  /** Requests without a lease, in order of service. */
  waiting(): QueuedAcquire[] {
    const now = this.#clock.now();
    return this.#policy.waiting.map(({ request, reason }) => ({
      name: request.target.name,
      priority: request.priority ?? 0,
      waitedMs: Math.max(0, now - request.since),
      reason,
    }));
  }

  /** Refuses waiting and new requests; running ones continue. */
  refuse(): void {
    this.#dispatch({ type: 'refuse' });
  }

  /** Refuses waiting and new requests and stops every runner immediately. Resolves when all processes have exited. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = createDeferred<void>();
      this.#dispatch({ type: 'close' });
    }
    await this.#closing.promise;
  }

  /** Handles one event at a time: an event that an action causes waits until all actions are done. */
  #dispatch(event: SchedulerEvent): void {
    this.#events.push(event);
    if (this.#dispatching) return;
    this.#dispatching = true;
    const freeMemory = () => this.#effects.freeMemory();
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) {
        const actions = this.#policy.handle(next, { now: this.#clock.now(), freeMemory });
        for (const action of actions) this.#perform(action);
      }
    } finally {
      this.#dispatching = false;
    }
    this.#setTimer();
    if (this.#policy.instances.length === 0) this.#closing?.resolve();
  }

  #perform(action: SchedulerAction): void {
    if (action.type === 'load') void this.#run(action);
    if (action.type === 'stop') this.#end(action);
    if (action.type === 'grant')
      this.#settle(action.requestId, this.#processes.get(action.instanceId)?.runner);
    if (action.type === 'reject') this.#settle(action.requestId, undefined, action.error);
  }

  #settle(requestId: number, runner: Runner | undefined, error?: unknown): void {
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    if (runner) waiting?.resolve(runner);
    else waiting?.reject(error);
  }

  /** Runs one process, from its load to its exit. */
  async #run({ instanceId, target, place }: SchedulerAction & { type: 'load' }): Promise<void> {
    const process: RunningProcess = { abort: new AbortController(), loadedFraction: 0 };
    this.#processes.set(instanceId, process);
    this.#logger.info('loading model', { model: target.name, slots: place.slots, ...place.pools });
    for (const warning of target.warnings ?? []) this.#logger.warn(warning, { model: target.name });
    try {
      const onProgress = (fraction: number) => {
        process.loadedFraction = fraction;
      };
      const { signal } = process.abort;
      process.runner = await this.#effects.load(loadOptions(target, place), signal, onProgress);
    } catch (error) {
      this.#processes.delete(instanceId);
      const reason = process.abort.signal.aborted ? 'all requests for it were canceled' : messageOf(error);
      this.#logger.warn('model not loaded', { model: target.name, reason });
      const isCrash = error instanceof OllamaError && error.status === RETRYABLE_STATUS;
      this.#dispatch({ type: 'load-failed', instanceId, error, isCrash });
      return;
    }
    if (process.abort.signal.aborted) void this.#stop(instanceId);
    else this.#dispatch({ type: 'loaded', instanceId });
    const { code, signal, expected } = await process.runner.exited;
    const report = expected ? this.#logger.info : this.#logger.error;
    report.call(this.#logger, 'model runner exited', { model: target.name, code, signal });
    this.#processes.delete(instanceId);
    this.#dispatch({ type: 'ending', instanceId });
    // The next placement must see the memory that this process freed.
    await this.#effects.refreshDevices();
    this.#dispatch({ type: 'gone', instanceId });
  }

  #end({ instanceId, reason }: SchedulerAction & { type: 'stop' }): void {
    if (reason === 'drained') {
      const instance = this.#policy.instances.find(({ id }) => id === instanceId);
      this.#logger.warn(
        'busy model unloaded because another request waited longer than OLLAMA_DRAIN_TIMEOUT; its running requests fail',
        {
          model: instance?.target.name,
          requests: instance?.active.size,
        },
      );
    }
    void this.#stop(instanceId);
  }

  async #stop(instanceId: number): Promise<void> {
    const process = this.#processes.get(instanceId);
    if (!process?.runner) {
      process?.abort.abort();
      return;
    }
    try {
      await process.runner.stop();
    } catch (error) {
      this.#logger.error('model runner did not stop; its memory stays in use', { error: messageOf(error) });
    }
  }

  #setTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const due = this.#policy.nextTick;
    if (due === Number.POSITIVE_INFINITY) return;
    const delay = Math.max(0, due - this.#clock.now());
    this.#cancelTimer = this.#clock.after(delay, () => this.#dispatch({ type: 'tick' }));
  }
}

function loadOptions({ load }: LoadTarget, place: Place): LoadOptions {
  const { slots, devices, gpuLayers, libraryFolder } = place;
  if (!devices) return { ...load, slots };
  return { ...load, slots, devices, gpuLayers, ...(libraryFolder !== undefined && { libraryFolder }) };
}

function canceled(): OllamaError {
  return new OllamaError('canceled', 'request canceled');
}
