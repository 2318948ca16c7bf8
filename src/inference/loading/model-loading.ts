import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { CallerKey } from '../../access/caller-key.ts';
import type { LoadProgress, LoadRequest, UnloadProgress, UnloadRequest } from '../../api/load.ts';
import { OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { NANOSECONDS_PER_MILLISECOND } from '../../base/units.ts';
import type { RunningModel } from '../../scheduler/running-model.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { Caller } from '../caller.ts';
import { type ConfiguredModel, listedName } from './configured-models.ts';
import { type InferenceParts, ModelAccess } from './model-access.ts';
import { modelKey } from './model-target.ts';

/** Interval between two checks of a load, in milliseconds: short enough for a smooth display, and cheap. */
const LOOK_MS = 50;

interface LoadingParts extends InferenceParts {
  readonly scheduler: InferenceParts['scheduler'] & Pick<Scheduler, 'running'>;
}

/** Loads and unloads models ahead of their use, and reports the progress. */
export class ModelLoading {
  readonly #models: ModelAccess;
  readonly #scheduler: LoadingParts['scheduler'];

  constructor(parts: LoadingParts) {
    this.#models = new ModelAccess(parts);
    this.#scheduler = parts.scheduler;
  }

  /** @throws OllamaError the errors of the scheduler; `canceled` when the client disconnects */
  async *load(request: LoadRequest, caller: Caller): AsyncGenerator<LoadProgress, void> {
    const started = performance.now();
    const model = await this.#find(request.model, caller.key);
    const name = listedName(model);
    const acquired = this.#models.acquire(this.#models.prepare(model, request, caller.key), caller);
    let isDone = false;
    const settle = () => {
      isDone = true;
    };
    const settled = acquired.then(settle, settle);
    try {
      let last = '';
      while (!isDone) {
        const line = this.#loadLine(model);
        const text = JSON.stringify(line);
        if (text !== last) yield line;
        last = text;
        await Promise.race([settled, pause(LOOK_MS)]);
      }
      await acquired;
    } finally {
      void acquired.then((lease) => lease.release(), settle);
    }
    const total_duration = Math.round((performance.now() - started) * NANOSECONDS_PER_MILLISECOND);
    yield { status: 'success', model: name, total_duration };
  }

  /** Waits for running requests to end. @throws OllamaError `not-found`, `canceled` when the client disconnects */
  async *unload(request: UnloadRequest, { signal, key }: Caller): AsyncGenerator<UnloadProgress, void> {
    const model = await this.#find(request.model, key);
    this.#scheduler.unload(modelKey(model));
    let last: UnloadProgress['status'] | undefined;
    for (let running = this.#running(model); running; running = this.#running(model)) {
      const status = running.activeRequests > 0 ? 'waiting' : 'unloading';
      if (status !== last) yield { status, model: listedName(model) };
      last = status;
      await pause(LOOK_MS);
      throwIfCanceled(signal);
    }
    yield { status: 'success', model: listedName(model) };
  }

  #find(name: string | undefined, key: CallerKey | undefined): Promise<ConfiguredModel> {
    if (!name) throw new OllamaError('invalid-request', 'model is required');
    return this.#models.find(name, key);
  }

  #running(model: ConfiguredModel): RunningModel | undefined {
    return this.#scheduler.running().find(({ key }) => key === modelKey(model));
  }

  #loadLine(model: ConfiguredModel): LoadProgress {
    const running = this.#running(model);
    if (running?.state !== 'loading') return { status: 'waiting', model: listedName(model) };
    return { status: 'loading', model: listedName(model), fraction: running.loadedFraction };
  }
}
