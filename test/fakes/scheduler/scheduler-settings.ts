import type { SchedulerSettings } from '../../../src/scheduler/scheduler-settings.ts';

export function schedulerSettings(changes: Partial<SchedulerSettings> = {}): SchedulerSettings {
  return {
    maxLoadedModels: 0,
    maxQueue: 512,
    numParallel: 1,
    keepAliveMs: 300_000,
    swapMaxWaitMs: 0,
    drainTimeoutMs: Number.POSITIVE_INFINITY,
    spread: false,
    gpuOverheadBytes: 0,
    memoryLimitBytes: Number.POSITIVE_INFINITY,
    ...changes,
  };
}
