import type { ModelOptions } from '../../api/options/options.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { QueueFacts } from '../../upstreams/routing/overflow.ts';
import type { Caller } from '../caller.ts';
import { listedName } from '../loading/configured-models.ts';
import { type InferenceParts, ModelAccess } from '../loading/model-access.ts';
import type { UsualRuns } from './usual-runs.ts';

export interface LocalFactsParts extends Omit<InferenceParts, 'scheduler'> {
  readonly scheduler: InferenceParts['scheduler'] & Pick<Scheduler, 'running' | 'waiting' | 'victimsOf'>;
  readonly usualRuns: Pick<UsualRuns, 'of'>;
}

const absent: QueueFacts = {
  isStored: false,
  fits: false,
  ahead: 0,
  freeSlots: 0,
  slots: 0,
  oldestWaitMs: 0,
  usualRunMs: undefined,
};

/** Collects what the scheduler knows of the line of a model here. */
export class LocalFacts {
  readonly #parts: LocalFactsParts;
  readonly #models: ModelAccess;

  constructor(parts: LocalFactsParts) {
    this.#parts = parts;
    this.#models = new ModelAccess(parts);
  }

  /** @throws OllamaError `forbidden`, `invalid-request` for options that the model does not accept */
  async of(name: string, options: ModelOptions | undefined, caller: Caller): Promise<QueueFacts> {
    const { scheduler, usualRuns } = this.#parts;
    const model = await this.#find(name, caller);
    if (!model) return absent;
    const { target } = this.#models.prepare(model, options ? { options } : {}, caller.key);
    const { priority = 0 } = caller;
    const ahead = scheduler
      .waiting()
      .filter((waiting) => waiting.key === target.key && waiting.priority >= priority);
    const running = scheduler.running().filter(({ key, isLeaving }) => key === target.key && !isLeaving);
    const slots = running.reduce((sum, instance) => sum + instance.slots, 0);
    const active = running.reduce((sum, instance) => sum + instance.activeRequests, 0);
    return {
      isStored: true,
      fits: running.length > 0 || scheduler.victimsOf(target) !== undefined,
      ahead: ahead.length,
      freeSlots: Math.max(0, slots - active),
      slots,
      oldestWaitMs: Math.max(0, ...ahead.map(({ waitedMs }) => waitedMs)),
      usualRunMs: usualRuns.of(listedName(model)),
    };
  }

  /** A model that is not here, or whose files are damaged, does not run here. */
  async #find(name: string, { key }: Caller) {
    try {
      return await this.#models.find(name, key);
    } catch (error) {
      if (!(error instanceof OllamaError) || !['not-found', 'internal'].includes(error.code)) throw error;
      return undefined;
    }
  }
}
