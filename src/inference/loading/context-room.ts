import { isCancellation, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Lease } from '../../scheduler/lease.ts';
import type { Caller } from '../caller.ts';
import type { RunWatch } from '../observing/run-watch.ts';
import { type GrowthLimits, type GrowthNeed, grownContext, longestContext } from './context-growth.ts';
import type { ModelAccess, PreparedModel } from './model-access.ts';

interface ContextRoomParts {
  readonly models: ModelAccess;
  readonly prepared: PreparedModel;
  readonly caller: Caller;
  readonly logger: Logger;
  readonly watch?: RunWatch;
}

/**
 * The lease of one run, which is exchanged for one with a longer context if its prompt needs that. A run asks once, so
 * that it causes one load at most.
 */
export class ContextRoom implements AsyncDisposable {
  readonly #parts: ContextRoomParts;
  #lease: Lease;
  /** Time that the leases before this one took, and the part of it that was waiting. */
  #earlierNanoseconds = 0;
  #earlierQueueNanoseconds = 0;
  #hasAsked = false;

  /** @param lease is released at the end, like all that follow it */
  constructor(lease: Lease, parts: ContextRoomParts) {
    this.#lease = lease;
    this.#parts = parts;
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** Time spent waiting in the queue and loading, for all leases of the run. */
  get loadNanoseconds(): number {
    return this.#earlierNanoseconds + this.#lease.loadNanoseconds;
  }

  /** The part of `loadNanoseconds` during which the model was not being loaded. */
  get queueNanoseconds(): number {
    return this.#earlierQueueNanoseconds + this.#lease.queueNanoseconds;
  }

  /** Whether the settings allow a longer context than the loaded one. */
  get mayGrow(): boolean {
    return this.#allowed > this.#loaded;
  }

  /** The longest context that the run can get, in tokens, as far as can be known: at least the loaded one. */
  get longest(): number {
    return longestContext(this.#limits());
  }

  /**
   * Exchanges the lease for one with room for a prompt that does not fit, if the server may load such a context and
   * nobody who uses another model suffers. Otherwise the room stays as it was.
   * @returns whether the context is longer now
   * @throws OllamaError `canceled`; the errors of the scheduler if not even the room before can be had again
   */
  async grow(need: GrowthNeed): Promise<boolean> {
    const wanted = grownContext(need, this.#limits());
    if (wanted === undefined) return false;
    this.#hasAsked = true;
    const { models, prepared, caller, logger, watch } = this.#parts;
    const before = this.#loaded;
    this.#earlierQueueNanoseconds = this.queueNanoseconds;
    this.#earlierNanoseconds = this.loadNanoseconds;
    this.#lease.release();
    const about = {
      model: prepared.model.name.short,
      promptTokens: need.promptTokens,
      contextBefore: before,
    };
    try {
      this.#lease = await models.acquire(models.withContext(prepared, wanted), caller, {
        again: 'longer',
        watch,
      });
      logger.info('context grown for a longer prompt', { ...about, contextLength: this.#loaded });
      return true;
    } catch (error) {
      if (isCancellation(error)) throw error;
      logger.warn('context not grown; the prompt gets what is loaded', {
        ...about,
        reason: messageOf(error),
      });
      this.#lease = await models.acquire(prepared, caller, { again: 'same', watch });
      return this.#loaded > before;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lease.release();
  }

  get #loaded(): number {
    return this.#lease.runner.facts.contextLength;
  }

  /** In tokens; 0 = what is loaded. */
  get #allowed(): number {
    const { models, prepared } = this.#parts;
    return this.#hasAsked ? 0 : models.longestContext(prepared);
  }

  #limits(): GrowthLimits {
    const { models, prepared } = this.#parts;
    const fits = (length: number) => models.hasRoom(models.withContext(prepared, length));
    return { loaded: this.#loaded, longest: this.#allowed, fits };
  }
}
