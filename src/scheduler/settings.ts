/** The part of the configuration that scheduling depends on; 0 stands for automatic. */
export interface SchedulerSettings {
  readonly maxLoadedModels: number;
  /** Most requests waiting at once, for a load or for a slot. */
  readonly maxQueue: number;
  /** Slots of each runner. */
  readonly numParallel: number;
  /** Milliseconds an idle runner stays; Infinity = for ever. */
  readonly keepAliveMs: number;
}

/** Models kept in memory on a machine without GPUs. */
const AUTO_MAX_LOADED = 3;
/** Slots tried in turn when their number is automatic: four, or one when memory is short. */
const AUTO_SLOTS: readonly number[] = [4, 1];

export function maxLoadedModels(settings: SchedulerSettings): number {
  return settings.maxLoadedModels > 0 ? settings.maxLoadedModels : AUTO_MAX_LOADED;
}

/** Numbers of slots to try, the preferred one first. */
export function slotChoices(
  settings: Pick<SchedulerSettings, 'numParallel'>,
  fixedSlots?: number,
): readonly number[] {
  if (fixedSlots !== undefined) return [fixedSlots];
  return settings.numParallel > 0 ? [settings.numParallel] : AUTO_SLOTS;
}
