import type { LoadTarget } from './load-target.ts';

/** The part of the configuration that scheduling depends on; 0 = automatic. Read again at every event. */
export interface SchedulerSettings {
  readonly maxLoadedModels: number;
  /** Maximum number of requests waiting for a load or a slot. */
  readonly maxQueue: number;
  /** Number of slots per runner. */
  readonly numParallel: number;
  /** Milliseconds that an idle runner stays loaded; Infinity = forever. */
  readonly keepAliveMs: number;
  /** Milliseconds that a request waits for a busy model to become idle before that model stops admitting requests. */
  readonly swapMaxWaitMs: number;
  /** Milliseconds that the running requests of a leaving model may still take; Infinity = forever. */
  readonly drainTimeoutMs: number;
  /** Whether to use all GPUs even if one is enough. */
  readonly spread: boolean;
  /** Bytes of each GPU that models must not use. */
  readonly gpuOverheadBytes: number;
  /** Maximum number of bytes of system memory for all models together; Infinity = no limit. */
  readonly memoryLimitBytes: number;
}

/** Maximum number of loaded models per GPU, or on a machine without GPUs, when the setting is automatic. */
const AUTO_MAX_LOADED = 3;
/** Numbers of slots to try in turn when the setting is automatic: four, or one when memory is short. */
const AUTO_SLOTS: readonly number[] = [4, 1];
/**
 * The same for a model that is loaded for a large batch. A step of 16 tokens costs little more than two of four, while each of
 * its tokens takes longer: nobody watches those of a batch.
 */
const BATCH_SLOTS: readonly number[] = [16, 8, ...AUTO_SLOTS];

export function maxLoadedModels(
  { maxLoadedModels: chosen }: Pick<SchedulerSettings, 'maxLoadedModels'>,
  gpuCount: number,
): number {
  return chosen > 0 ? chosen : AUTO_MAX_LOADED * Math.max(1, gpuCount);
}

/** Numbers of slots to try, the preferred one first. */
export function slotChoices(
  { numParallel }: Pick<SchedulerSettings, 'numParallel'>,
  { fixedSlots, isForBatch }: Pick<LoadTarget, 'fixedSlots' | 'isForBatch'> = {},
): readonly number[] {
  if (fixedSlots !== undefined) return [fixedSlots];
  if (numParallel > 0) return [numParallel];
  return isForBatch ? BATCH_SLOTS : AUTO_SLOTS;
}
