import { type KeepAlive, parseKeepAlive } from '../../api/keep-alive.ts';
import type { ModelOptions } from '../../api/options/options.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { ModelName } from '../../names/model-name.ts';
import type { Lease } from '../../scheduler/lease.ts';
import type { LoadTarget } from '../../scheduler/load-target.ts';
import type { AcquireRequest, Scheduler } from '../../scheduler/scheduler.ts';
import type { Caller } from '../caller.ts';
import type { RequestSettings } from '../completion/checks.ts';
import type { ConfiguredModel } from './configured-models.ts';
import { type EffectiveOptions, effectiveOptions } from './effective-options.ts';
import { type LoadSettings, modelTarget } from './model-target.ts';

/** The parts that a run needs from other folders. */
export interface InferenceParts {
  readonly catalog: { find(name: ModelName): Promise<ConfiguredModel | undefined> };
  readonly scheduler: Pick<Scheduler, 'acquire' | 'unload' | 'hasRoomToGrow'>;
  /** `deterministic` is the default for the option of this name. */
  readonly config: LoadSettings & RequestSettings & ContextSettings & { readonly deterministic?: boolean };
  readonly logger: Logger;
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

/** Finds a model by its name, and acquires a lease on it. */
export class ModelAccess {
  readonly #parts: Pick<InferenceParts, 'catalog' | 'scheduler' | 'config'>;

  constructor(parts: Pick<InferenceParts, 'catalog' | 'scheduler' | 'config'>) {
    this.#parts = parts;
  }

  /**
   * @param describeMissing creates the error's text from the name
   * @throws OllamaError `not-found`, `invalid-request` for an invalid name
   */
  async find(name: string, describeMissing = quotedInGenerate): Promise<ConfiguredModel> {
    const model = name === '' ? undefined : await this.#parts.catalog.find(ModelName.parse(name));
    if (model) return model;
    throw new OllamaError('not-found', name === '' ? quotedInGenerate(name) : describeMissing(name));
  }

  /**
   * @param keepAliveMs the keep-alive of the request, if it is parsed already
   * @throws OllamaError `invalid-request` for options that the model does not accept
   */
  prepare(
    model: ConfiguredModel,
    request: LoadFields,
    keepAliveMs = parseKeepAlive(request.keep_alive),
  ): PreparedModel {
    const { config } = this.#parts;
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
      keepAliveMs: keepAliveMs ?? model.keepAliveMs,
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

  /** Whether such a context could be loaded, as far as can be known before. */
  hasRoom({ target }: PreparedModel): boolean {
    return this.#parts.scheduler.hasRoomToGrow(target);
  }

  /**
   * @param again why a run that gave its lease back asks for another one
   * @throws OllamaError the errors of the scheduler
   */
  acquire(
    { target, keepAliveMs }: PreparedModel,
    caller: Caller,
    again?: AcquireRequest['again'],
  ): Promise<Lease> {
    return this.#parts.scheduler.acquire({ model: target, keepAliveMs, ...caller, again });
  }
}

/** The error text of `/api/embed` and similar routes. */
export function tryPulling(name: string): string {
  return `model "${name}" not found, try pulling it first`;
}

/** The error text of `/api/generate`, also for a request without a name. */
export function quotedInGenerate(name: string): string {
  return `model '${name}' not found`;
}
