import type { CallerKey } from '../../access/caller-key.ts';
import type { EstimateRequest, EstimateResponse } from '../../api/estimate.ts';
import { OllamaError } from '../../base/errors.ts';
import type { LoadTarget } from '../../scheduler/load-target.ts';
import { limitedBytes } from '../../scheduler/memory/memory-pools.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import { slotChoices } from '../../scheduler/scheduler-settings.ts';
import type { ConfiguredModel } from './configured-models.ts';
import { type InferenceParts, ModelAccess } from './model-access.ts';

interface EstimateParts extends Omit<InferenceParts, 'scheduler' | 'config'> {
  readonly scheduler: InferenceParts['scheduler'] & Pick<Scheduler, 'running' | 'victimsOf'>;
  /** `numParallel` 0 = automatic; `memoryLimitBytes` may be Infinity. */
  readonly config: InferenceParts['config'] & {
    readonly numParallel: number;
    readonly memoryLimitBytes: number;
  };
  readonly availableMemoryBytes: () => number;
}

/** The reply, and the type of the weights, for example "Q4_1". */
type Estimated = EstimateResponse & { readonly type: string };

/** Estimates how much memory models need, without loading them. */
export class MemoryEstimates {
  readonly #models: ModelAccess;
  readonly #parts: EstimateParts;

  constructor(parts: EstimateParts) {
    this.#models = new ModelAccess(parts);
    this.#parts = parts;
  }

  /** @throws OllamaError `forbidden`, `not-found`, `invalid-request` */
  async estimate(request: EstimateRequest, key?: CallerKey): Promise<Estimated> {
    if (!request.model) throw new OllamaError('invalid-request', 'model is required');
    const found = await this.#models.find(request.model, key);
    return this.estimateOf((await this.#parts.repacking?.foreseen(found)) ?? found, request, key);
  }

  /**
   * @param model need not be stored
   * @throws OllamaError `invalid-request`
   */
  estimateOf(model: ConfiguredModel, request: EstimateRequest, key: CallerKey | undefined): Estimated {
    const { target } = this.#models.prepare(model, request, key);
    const available = this.#available();
    const slots = this.#slots(target, request.slots, available);
    const estimate = target.estimate(slots);
    const draft = target.draftBytes?.(slots) ?? 0;
    const hasDraft = draft > 0 && estimate.totalBytes + draft <= available;
    const total = estimate.totalBytes + (hasDraft ? draft : 0);
    return {
      model: model.name.short,
      num_ctx: target.load.contextLength,
      slots,
      memory: {
        weights: estimate.weightBytes,
        kv_cache: estimate.kvBytes + estimate.recurrentBytes,
        compute: estimate.computeBytes,
        adapters: estimate.adapterBytes,
        ...(estimate.projectorBytes > 0 && { projector: estimate.projectorBytes }),
        process: estimate.processBytes,
        ...(hasDraft && { draft }),
        total,
      },
      available,
      fits: total <= available,
      ...this.#evicts(target, slots, key),
      type: target.details.quantization_level,
    };
  }

  /** Like other lists of models, it shows a key the models that it may use. */
  #evicts(target: LoadTarget, slots: number, key: CallerKey | undefined): Pick<EstimateResponse, 'evicts'> {
    const victims = this.#parts.scheduler.victimsOf({ ...target, fixedSlots: slots });
    return victims ? { evicts: victims.filter((name) => key?.mayUse(name) ?? true) } : {};
  }

  #available(): number {
    const { scheduler, config, availableMemoryBytes } = this.#parts;
    const used = scheduler.running().reduce((total, { sizeBytes }) => total + sizeBytes, 0);
    return limitedBytes(availableMemoryBytes(), config.memoryLimitBytes, used);
  }

  /** The number of slots that the scheduler would choose: the most that fit, otherwise the fewest. */
  #slots(target: LoadTarget, wanted: number | undefined, available: number): number {
    if (wanted !== undefined && target.fixedSlots === undefined) return wanted;
    const choices = slotChoices(this.#parts.config, target);
    return choices.find((slots) => target.estimate(slots).totalBytes <= available) ?? choices.at(-1) ?? 1;
  }
}
