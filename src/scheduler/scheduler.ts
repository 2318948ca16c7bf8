/** Carries out what the policy decides: starts and stops runners, grants leases, and keeps the only timer. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../base/clock.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import { messageOf, OllamaError, throwIfCanceled } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { NANOSECONDS_PER_MILLISECOND } from '../base/units.ts';
import type { EngineFigures } from '../protocol/engine-figures.ts';
import type { HeldReport } from '../protocol/held-report.ts';
import type { StepReport } from '../protocol/step-report.ts';
import type { Runner } from '../runner/runner.ts';
import type { Effects } from './effects.ts';
import type { SchedulerAction, SchedulerEvent, WaitReason } from './events.ts';
import { admits, hasFreeSlot, type WaitingRequest } from './instance.ts';
import { Lease } from './lease.ts';
import { loadOptions, weightsMessage } from './load-options.ts';
import type { LoadTarget } from './load-target.ts';
import type { Place } from './placement/place.ts';
import { SchedulingPolicy } from './policy.ts';
import { describeInstance, type RunningModel } from './running-model.ts';
import { noObserver, type SchedulerObserver } from './scheduler-observer.ts';
import type { SchedulerSettings } from './scheduler-settings.ts';

export interface SchedulerParts {
  readonly effects: Effects;
  readonly settings: SchedulerSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent = nobody counts. */
  readonly observer?: SchedulerObserver;
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
  /** Number of the run that it is for; absent = it is for none. */
  readonly run?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Querying the drivers starts a process, and free memory hardly changes within this time. */
const MAX_DEVICES_AGE_MS = 5000;
/** HTTP status of errors that say nothing about the model. */
const RETRYABLE_STATUS = 503;

interface RunningProcess {
  readonly abort: AbortController;
  loadedFraction: number;
  /** `performance.now()` at both ends of the load. */
  readonly loadStarted: number;
  loadEnded?: number;
  runner?: Runner;
}

/** What a request waits for. */
interface Grant {
  readonly runner: Runner;
  /** The part of the runner's load after a moment of `performance.now()`. */
  readonly load: (since: number) => Lease['load'];
}

export interface QueuedAcquire {
  /** Name of the model. */
  readonly name: string;
  readonly key: string;
  /** Number of the run that waits; absent = it is none. */
  readonly run?: number;
  readonly priority: number;
  /** When it came, in milliseconds of the clock. */
  readonly since: number;
  readonly waitedMs: number;
  readonly reason: WaitReason;
}

export class Scheduler {
  readonly #effects: Effects;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #observer: SchedulerObserver;
  readonly #policy: SchedulingPolicy;
  readonly #processes = new Map<number, RunningProcess>();
  readonly #waiting = new Map<number, Deferred<Grant>>();
  readonly #events: SchedulerEvent[] = [];
  #dispatching = false;
  #nextRequestId = 1;
  #cancelTimer: (() => void) | undefined;
  #closing: Deferred<void> | undefined;
  #watchesSteps = false;

  constructor({ effects, settings, clock, logger, observer = noObserver }: SchedulerParts) {
    this.#effects = effects;
    this.#clock = clock;
    this.#logger = logger;
    this.#observer = observer;
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
    const granted = createDeferred<Grant>();
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
      const { runner, load } = await granted.promise;
      const loadNanoseconds = Math.round((performance.now() - started) * NANOSECONDS_PER_MILLISECOND);
      return new Lease({ runner, loadNanoseconds, load: load(started) }, () =>
        this.#dispatch({ type: 'release', requestId: id }),
      );
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Whether a model that is loaded could have this longer context, as far as can be known before it is asked for. */
  hasRoomToGrow(target: LoadTarget): boolean {
    const freeMemory = () => this.#effects.freeMemory();
    return this.#policy.hasRoomToGrow(target, { now: this.#clock.now(), freeMemory });
  }

  /** Names of the models that would be unloaded to load this one now; undefined if there is no room for it even then. */
  victimsOf(target: LoadTarget): string[] | undefined {
    const freeMemory = () => this.#effects.freeMemory();
    return this.#policy.victimsOf(target, { now: this.#clock.now(), freeMemory });
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
        loadStarted: process?.loadStarted,
        loadEnded: process?.loadEnded,
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

  /** The runner of a model all of whose slots are taken, for work that needs none. It may be stopped meanwhile. */
  busyRunner(target: LoadTarget): Runner | undefined {
    const instance = this.#policy.instances.find(
      (one) => one.state === 'ready' && admits(one, target) && !hasFreeSlot(one, target),
    );
    return instance && this.#processes.get(instance.id)?.runner;
  }

  /** Whether a runner for a target is there, or will be. */
  isLoaded(target: LoadTarget): boolean {
    return this.#policy.instances.some((one) => admits(one, target));
  }

  /** Requests without a lease, in order of service. */
  waiting(): QueuedAcquire[] {
    const now = this.#clock.now();
    return this.#policy.waiting.map(({ request, reason }) => ({
      name: request.target.name,
      key: request.target.key,
      ...(request.run !== undefined && { run: request.run }),
      priority: request.priority ?? 0,
      since: request.since,
      waitedMs: Math.max(0, now - request.since),
      reason,
    }));
  }

  /** Whether the runners report their steps to the observer from now on, those that are loaded later among them. */
  watchSteps(isWatched: boolean): void {
    this.#watchesSteps = isWatched;
    for (const { runner } of this.#processes.values()) runner?.watchSteps(isWatched);
  }

  /** Asks a runner to report again what its caches hold. @param id of its instance */
  reportHeld(id: number): void {
    this.#processes.get(id)?.runner?.reportHeld();
  }

  /**
   * Milliseconds by which the next decision is late; 0 = it is on time. More than a moment means that no decision will be
   * made any more, which a watchdog of the service wants to know.
   */
  lateMs(): number {
    const due = this.#policy.nextTick;
    return due === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#clock.now() - due);
  }

  /** Loads no more models, and refuses requests that need one. Those that a runner can serve continue, running and waiting. */
  windDown(): void {
    this.#dispatch({ type: 'wind-down' });
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
    if (action.type === 'grant') this.#settle(action.requestId, this.#processes.get(action.instanceId));
    if (action.type === 'reject') this.#settle(action.requestId, undefined, action.error);
  }

  #settle(requestId: number, process: RunningProcess | undefined, error?: unknown): void {
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    if (process?.runner) waiting?.resolve({ runner: process.runner, load: loadAfter(process) });
    else waiting?.reject(error);
  }

  #announce(target: LoadTarget, place: Place): void {
    const { slots, pools, expertLayersOnCpu } = place;
    const experts = expertLayersOnCpu > 0 ? { expertLayersOnCpu } : {};
    this.#logger.info('loading model', { model: target.name, slots, ...experts, ...pools });
    this.#logger.info(weightsMessage(place), { model: target.name, reason: place.weights.reason });
    if (target.draftBytes && !place.draft)
      this.#logger.warn('nothing drafts for the model; there is no memory for it', { model: target.name });
    if (target.draftProblem !== undefined && !target.load.draft)
      this.#logger.info('nothing is drafted for the model', {
        model: target.name,
        reason: target.draftProblem,
      });
    for (const warning of target.warnings ?? []) this.#logger.warn(warning, { model: target.name });
  }

  /** Runs one process, from its load to its exit. */
  async #run({ instanceId, target, place }: SchedulerAction & { type: 'load' }): Promise<void> {
    const loadStarted = performance.now();
    const process: RunningProcess = { abort: new AbortController(), loadedFraction: 0, loadStarted };
    this.#processes.set(instanceId, process);
    this.#announce(target, place);
    try {
      const onProgress = (fraction: number) => {
        process.loadedFraction = fraction;
      };
      const onFigures = (figures: EngineFigures) => this.#observer.counted(target.name, figures);
      const onSteps = (report: StepReport) => this.#observer.stepped?.(instanceId, report);
      const onHeld = (report: HeldReport) => this.#observer.held?.(instanceId, target.name, report);
      const watcher = { onProgress, onFigures, onSteps, onHeld };
      process.runner = await this.#effects.load(loadOptions(target, place), process.abort.signal, watcher);
      if (this.#watchesSteps) process.runner.watchSteps(true);
      process.loadEnded = performance.now();
      this.#observer.loadEnded(target.name, 'loaded', process.loadEnded - loadStarted);
    } catch (error) {
      this.#processes.delete(instanceId);
      const { aborted } = process.abort.signal;
      const reason = aborted ? 'all requests for it were canceled' : messageOf(error);
      const result = aborted ? 'canceled' : 'failed';
      this.#observer.loadEnded(target.name, result, performance.now() - loadStarted);
      this.#logger.warn('model not loaded', { model: target.name, reason });
      const isCrash = error instanceof OllamaError && error.status === RETRYABLE_STATUS;
      this.#dispatch({ type: 'load-failed', instanceId, error, isCrash });
      return;
    }
    if (process.abort.signal.aborted) void this.#stop(instanceId);
    else this.#dispatch({ type: 'loaded', instanceId });
    const { code, signal, expected } = await process.runner.exited;
    this.#observer.exited?.(instanceId);
    const report = expected ? this.#logger.info : this.#logger.error;
    report.call(this.#logger, 'model runner exited', { model: target.name, code, signal });
    if (!expected) this.#observer.died(target.name, { code, signal });
    this.#processes.delete(instanceId);
    this.#dispatch({ type: 'ending', instanceId });
    // The next placement must see the memory that this process freed.
    await this.#effects.refreshDevices();
    this.#dispatch({ type: 'gone', instanceId });
  }

  #end({ instanceId, reason }: SchedulerAction & { type: 'stop' }): void {
    const instance = this.#policy.instances.find(({ id }) => id === instanceId);
    if (instance?.leavingSince !== undefined && reason !== 'closing')
      this.#observer.evicted(instance.target.name);
    if (reason === 'drained') {
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

function loadAfter({ loadStarted, loadEnded = loadStarted }: RunningProcess): Grant['load'] {
  return (since) => {
    const from = Math.max(loadStarted, since);
    return loadEnded > from ? { from, to: loadEnded } : undefined;
  };
}

function canceled(): OllamaError {
  return new OllamaError('canceled', 'request canceled');
}
