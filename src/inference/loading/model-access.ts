import { type KeepAlive, parseKeepAlive } from '../../api/keep-alive.ts';
import type { ModelOptions } from '../../api/options/options.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Model } from '../../models/model.ts';
import { ModelName } from '../../names/model-name.ts';
import type { Lease } from '../../scheduler/lease.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { Caller } from '../caller.ts';
import type { ConfiguredModel } from './configured-models.ts';
import { type EffectiveOptions, effectiveOptions } from './effective-options.ts';
import { type LoadSettings, modelTarget } from './model-target.ts';

/** The parts of others that a run needs. */
export interface InferenceParts {
  readonly catalog: { find(name: ModelName): Promise<ConfiguredModel | undefined> };
  readonly scheduler: Pick<Scheduler, 'acquire' | 'unload'>;
  /** `contextLength` is the default for `num_ctx`, in tokens. */
  readonly config: LoadSettings & { readonly contextLength: number };
  readonly logger: Logger;
}

/** The part of a request that says how to load its model. */
export interface LoadFields {
  readonly options?: ModelOptions;
  readonly keep_alive?: KeepAlive;
}

/** From a model's name to the right to use it. */
export class ModelAccess {
  readonly #parts: Pick<InferenceParts, 'catalog' | 'scheduler' | 'config'>;

  constructor(parts: Pick<InferenceParts, 'catalog' | 'scheduler' | 'config'>) {
    this.#parts = parts;
  }

  /**
   * @param describeMissing makes the error's text from the name
   * @throws OllamaError `not-found`, `invalid-request` for a text that is no name
   */
  async find(name: string, describeMissing = quotedInGenerate): Promise<ConfiguredModel> {
    const model = name === '' ? undefined : await this.#parts.catalog.find(ModelName.parse(name));
    if (model) return model;
    throw new OllamaError('not-found', name === '' ? quotedInGenerate(name) : describeMissing(name));
  }

  options(model: Model, request: LoadFields): EffectiveOptions {
    return effectiveOptions({
      contextLength: this.#parts.config.contextLength,
      trainContextLength: model.facts.contextLength,
      model: model.parameters,
      request: request.options ?? {},
    });
  }

  /** `num_ctx` as it was asked for, whatever the model was trained for. */
  wantedContext(model: Model, request: LoadFields): number {
    return request.options?.num_ctx ?? model.parameters.num_ctx ?? this.#parts.config.contextLength;
  }

  /** @throws OllamaError as the scheduler */
  acquire(model: ConfiguredModel, request: LoadFields, caller: Caller): Promise<Lease> {
    return this.#parts.scheduler.acquire({
      model: modelTarget(model, this.options(model, request), this.#parts.config),
      keepAliveMs: parseKeepAlive(request.keep_alive) ?? model.keepAliveMs,
      ...caller,
    });
  }
}

/** The text of `/api/embed` and its like. */
export function tryPulling(name: string): string {
  return `model "${name}" not found, try pulling it first`;
}

function quotedInGenerate(name: string): string {
  return `model '${name}' not found`;
}
