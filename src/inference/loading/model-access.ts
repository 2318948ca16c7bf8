import type { CallerKey } from '../../access/caller-key.ts';
import type { RunLimits } from '../../access/limits/run-limits.ts';
import { requireModel } from '../../access/require-model.ts';
import type { KeepAlive } from '../../api/keep-alive.ts';
import type { ModelOptions } from '../../api/options/options.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { orCanceled } from '../../base/or-canceled.ts';
import { ModelName } from '../../names/model-name.ts';
import { requireKnownArchitecture } from '../../platform/known-architectures.ts';
import type { LibraryPackage } from '../../platform/library-packages.ts';
import type { RunFollower } from '../../runs/run-follower.ts';
import type { RunObserver } from '../../runs/run-record.ts';
import { Lease } from '../../scheduler/lease.ts';
import type { LoadTarget } from '../../scheduler/load-target.ts';
import type { AcquireRequest, Scheduler } from '../../scheduler/scheduler.ts';
import type { Caller } from '../caller.ts';
import { keepAliveOf } from '../caller-rights.ts';
import type { RequestSettings } from '../completion/checks.ts';
import type { MediaPreparation } from '../media/prepare-medium.ts';
import type { RunWatch } from '../observing/run-watch.ts';
import type { ConfiguredModel } from './configured-models.ts';
import { type EffectiveOptions, effectiveOptions } from './effective-options.ts';
import { type LoadSettings, modelTarget } from './model-target.ts';
import type { LoadedWeights } from './text-parts.ts';

/** The parts that a run needs from other folders. */
export interface InferenceParts {
  readonly catalog: { find(name: ModelName): Promise<ConfiguredModel | undefined> };
  readonly scheduler: Pick<Scheduler, 'acquire' | 'unload' | 'hasRoomToGrow'> &
    Partial<Pick<Scheduler, 'waiting' | 'running' | 'busyRunner' | 'isLoaded'>>;
  /** `deterministic` is the default for the option of this name. */
  readonly config: LoadSettings & RequestSettings & ContextSettings & { readonly deterministic?: boolean };
  readonly logger: Logger;
  /** Replaces weights that are slow here, or that llama.cpp does not read as they are; absent = never. */
  readonly repacking?: LoadedWeights;
  /** Prepares pictures and sounds; absent = no request may have any. */
  readonly media?: MediaPreparation;
  /** Are told of each run when it has ended; absent = nobody is. */
  readonly observers?: readonly RunObserver[];
  /** Is told of runs while they proceed; absent = nobody is. */
  readonly follower?: RunFollower;
  /** The package of the inference libraries; absent = it is not known which architectures they lack. */
  readonly libraries?: LibraryPackage | undefined;
  /** The limits of API keys; absent = no key has any. */
  readonly limits?: Pick<RunLimits, 'enter'>;
}

/** How long a context a model gets that neither it nor the request sets, in tokens. */
export interface ContextSettings {
  /** 0 = auto. */
  readonly contextLength: number;
  /** Whether a prompt that does not fit makes it longer; "auto" = if `contextLength` is auto; absent = off. */
  readonly contextGrow?: 'auto' | 'on' | 'off';
  /** The most that a prompt may cause; 0 and absent = what the model was trained for. */
  readonly contextMax?: number;
}

/** Contexts begin small, since memory is for many models and slots, and most prompts are short. */
const DEFAULT_CONTEXT_LENGTH = 2048;

/** The fields of a request that say how to load its model. */
export interface LoadFields {
  readonly options?: ModelOptions;
  readonly keep_alive?: KeepAlive;
}

/** A model and how one request uses it, computed once per request. */
export interface PreparedModel {
  readonly model: ConfiguredModel;
  readonly options: EffectiveOptions;
  /** What the scheduler loads, unless it is loaded already. */
  readonly target: LoadTarget;
  /** Milliseconds; undefined = the server's setting. */
  readonly keepAliveMs: number | undefined;
}

interface AcquireReasons {
  /** Why a run that gave its lease back asks for another one. */
  readonly again?: AcquireRequest['again'];
  /** Is told of the wait; absent = the model is acquired for no run. */
  readonly watch?: RunWatch | undefined;
}

type AccessParts = Pick<InferenceParts, 'catalog' | 'scheduler' | 'config' | 'repacking' | 'libraries'>;

/** Finds a model by its name, and acquires a lease on it. */
export class ModelAccess {
  readonly #parts: AccessParts;

  constructor(parts: AccessParts) {
    this.#parts = parts;
  }

  /**
   * @param key of the caller; absent = it may use every model
   * @param describeMissing creates the error's text from the name
   * @throws OllamaError `forbidden`, `not-found`, `invalid-request` for an invalid name
   */
  async find(
    name: string,
    key: CallerKey | undefined,
    describeMissing = quotedInGenerate,
  ): Promise<ConfiguredModel> {
    requireModel(key, name);
    const model = name === '' ? undefined : await this.#parts.catalog.find(ModelName.parse(name));
    if (model) return model;
    throw new OllamaError('not-found', name === '' ? quotedInGenerate(name) : describeMissing(name));
  }

  /**
   * @param key of the caller, without whose scope `load` the request does not decide how long the model stays
   * @throws OllamaError `invalid-request` for options that the model does not accept
   */
  prepare(asked: ConfiguredModel, request: LoadFields, key: CallerKey | undefined): PreparedModel {
    const { config, repacking } = this.#parts;
    const model = repacking?.known(asked) ?? asked;
    const options = effectiveOptions({
      contextLength: config.contextLength || DEFAULT_CONTEXT_LENGTH,
      isDeterministic: config.deterministic ?? false,
      trainContextLength: model.facts.contextLength,
      model: model.parameters,
      request: request.options ?? {},
    });
    return {
      model,
      options,
      target: modelTarget(model, options, config),
      keepAliveMs: keepAliveOf(request, key) ?? model.keepAliveMs,
    };
  }

  /** The same request with another context, in tokens. */
  withContext(prepared: PreparedModel, contextLength: number): PreparedModel {
    const options = { ...prepared.options, contextLength };
    return { ...prepared, options, target: modelTarget(prepared.model, options, this.#parts.config) };
  }

  /**
   * The longest context that a prompt may cause, in tokens. 0 where the request, the model or the server sets a context:
   * that is a limit then.
   */
  longestContext({ model, options }: PreparedModel): number {
    const { contextLength, contextGrow = 'off', contextMax = 0 } = this.#parts.config;
    const mayGrow = contextGrow === 'on' || (contextGrow === 'auto' && contextLength === 0);
    if (!mayGrow || !options.isDefaultContext || model.facts.poolingType !== undefined) return 0;
    const trained = model.facts.contextLength;
    return contextMax > 0 ? Math.min(contextMax, trained) : trained;
  }

  /** The longest context that the request can get, in tokens. */
  mostContext(prepared: PreparedModel): number {
    return Math.max(prepared.target.load.contextLength, this.longestContext(prepared));
  }

  /** Whether such a context could be loaded, as far as can be known before. */
  hasRoom({ target }: PreparedModel): boolean {
    return this.#parts.scheduler.hasRoomToGrow(target);
  }

  /** @throws OllamaError the errors of the scheduler; `load-failed` for an architecture that the libraries lack; `canceled` at once when the client leaves during a conversion; `unauthorized` if the key of the caller has become invalid meanwhile */
  async acquire(
    prepared: PreparedModel,
    caller: Caller,
    { again, watch }: AcquireReasons = {},
  ): Promise<Lease> {
    const { scheduler, repacking, libraries } = this.#parts;
    const { keepAliveMs, model } = prepared;
    requireKnownArchitecture(model.name.short, model.facts.architecture, libraries);
    watch?.queued();
    const wanted = repacking ? await this.#repacked(prepared, repacking, caller) : prepared.target;
    const target = caller.isForBatch ? { ...wanted, isForBatch: true } : wanted;
    const { signal, client, priority } = caller;
    const run = watch?.number;
    const lease = await scheduler.acquire({
      model: target,
      ...{ keepAliveMs, signal, client, priority, again, run },
    });
    // A run that has begun goes on.
    if (again === undefined) requireKey(caller, lease);
    watch?.granted(lease.load);
    return lease;
  }

  /**
   * Like `acquire`, for a request that only reads its texts: where all slots are taken, it does not wait for one. Its lease then
   * keeps nobody from unloading the model.
   * @param reasons `isLoadedOnly`: the model is not loaded for it
   * @throws OllamaError `invalid-request` (409) for a model that would have to be loaded; the errors of `acquire`
   */
  async acquireForTexts(
    prepared: PreparedModel,
    caller: Caller,
    {
      isLoadedOnly = false,
      ...reasons
    }: AcquireReasons & { readonly isLoadedOnly?: boolean | undefined } = {},
  ): Promise<Lease> {
    const { scheduler } = this.#parts;
    const runner = scheduler.busyRunner?.(prepared.target);
    if (!runner && isLoadedOnly && !scheduler.isLoaded?.(prepared.target))
      throw notLoaded(prepared.model.name.short);
    if (!runner) return this.acquire(prepared, caller, reasons);
    reasons.watch?.queued();
    reasons.watch?.granted(undefined);
    return new Lease({ runner, loadNanoseconds: 0, load: undefined }, () => undefined);
  }

  /** What to load once a converted copy of the weights is ready, if there is to be one. */
  async #repacked(
    { model, options, target }: PreparedModel,
    repacking: Pick<LoadedWeights, 'ready'>,
    { signal }: Caller,
  ): Promise<LoadTarget> {
    const ready = await orCanceled(repacking.ready(model), signal);
    return ready === model ? target : modelTarget(ready, options, this.#parts.config);
  }
}

/** The request is right, and will succeed later. */
const NOT_LOADED_STATUS = 409;

function notLoaded(name: string): OllamaError {
  const message = `model "${name}" is not loaded: send it a request, or load it with /api/load`;
  return new OllamaError('invalid-request', message, { status: NOT_LOADED_STATUS });
}

/** The error text of `/api/embed` and similar routes. */
export function tryPulling(name: string): string {
  return `model "${name}" not found, try pulling it first`;
}

/** The error text of `/api/generate`, also for a request without a name. */
export function quotedInGenerate(name: string): string {
  return `model '${name}' not found`;
}

function requireKey(caller: Caller, lease: Lease): void {
  try {
    caller.requireKey?.();
  } catch (error) {
    lease.release();
    throw error;
  }
}
