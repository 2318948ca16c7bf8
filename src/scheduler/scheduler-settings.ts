/** The part of the configuration that scheduling depends on; 0 stands for automatic. Read anew at every event. */
export interface SchedulerSettings {
  readonly maxLoadedModels: number;
  /** Most requests waiting at once, for a load or for a slot. */
  readonly maxQueue: number;
  /** Slots of each runner. */
  readonly numParallel: number;
  /** Milliseconds an idle runner stays; Infinity = for ever. */
  readonly keepAliveMs: number;
  /** Milliseconds that a request may wait for a busy model to leave before that one admits nobody new. */
  readonly swapMaxWaitMs: number;
  /** Milliseconds that a leaving model's requests may still take; Infinity = for ever. */
  readonly drainTimeoutMs: number;
  /** Over all GPUs, also where one would do. */
  readonly spread: boolean;
  /** Bytes of each GPU that are not for models. */
  readonly gpuOverheadBytes: number;
  /** Bytes of the system's memory for all models together; Infinity = no limit. */
  readonly memoryLimitBytes: number;
}

/** Models kept in memory for each GPU, or on a machine without. */
const AUTO_MAX_LOADED = 3;
/** Slots tried in turn when their number is automatic: four, or one when memory is short. */
const AUTO_SLOTS: readonly number[] = [4, 1];

export function maxLoadedModels(
  { maxLoadedModels: chosen }: Pick<SchedulerSettings, 'maxLoadedModels'>,
  gpuCount: number,
): number {
  return chosen > 0 ? chosen : AUTO_MAX_LOADED * Math.max(1, gpuCount);
}

/** Numbers of slots to try, the preferred one first. */
export function slotChoices(
  { numParallel }: Pick<SchedulerSettings, 'numParallel'>,
  fixedSlots?: number,
): readonly number[] {
  if (fixedSlots !== undefined) return [fixedSlots];
  return numParallel > 0 ? [numParallel] : AUTO_SLOTS;
}
