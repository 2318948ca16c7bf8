import { totalmem } from 'node:os';
import type { DeviceMemory, KvEventCounts, LiveSource } from '../../metrics/figures/live-figures.ts';
import type { Effects } from '../../scheduler/effects.ts';
import { SYSTEM_POOL } from '../../scheduler/memory/memory-pools.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { Upstreams } from '../../upstreams/routing/upstreams.ts';
import { FolderSize } from './folder-size.ts';

export interface LiveParts {
  /** Returns the scheduler, which is created after the metrics that it reports to. */
  readonly scheduler: () => Pick<Scheduler, 'running' | 'waiting'>;
  readonly effects: Pick<Effects, 'freeMemory'>;
  readonly config: { readonly kvCacheFolder: string };
  readonly upstreams: Pick<Upstreams, 'all'>;
  /** Absent = no events about KV caches are published. */
  readonly kvEvents?: { readonly figures: KvEventCounts } | undefined;
}

/** Reads the live figures of the metrics from the parts that have them. */
export function liveSource({ scheduler, effects, config, upstreams, kvEvents }: LiveParts): LiveSource {
  const saved = new FolderSize(config.kvCacheFolder);
  return {
    models: () => scheduler().running(),
    waiting: () => scheduler().waiting(),
    memory: () => memoryOf(effects.freeMemory()),
    diskBytes: () => saved.bytes,
    kvEvents: () => kvEvents?.figures,
    upstreams: () =>
      upstreams.all.map(({ name, breaker, active, results }) => ({
        name,
        state: breaker.state,
        active,
        results,
      })),
  };
}

function memoryOf({ systemBytes, gpus }: ReturnType<Effects['freeMemory']>): DeviceMemory[] {
  const system = { device: SYSTEM_POOL, totalBytes: totalmem(), freeBytes: systemBytes };
  return [system, ...gpus.map(({ id, totalBytes, freeBytes }) => ({ device: id, totalBytes, freeBytes }))];
}
