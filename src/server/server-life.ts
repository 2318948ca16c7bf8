/** What happens to a built server until its end. */

import type { KeyStore } from '../access/key-store.ts';
import type { Logger } from '../base/logger.ts';
import type { Batches } from '../batches/batches.ts';
import type { KvEvents } from '../blocks/kv-events.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import type { ModelLoading } from '../inference/loading/model-loading.ts';
import { preloadModels } from '../inference/loading/preload.ts';
import type { EngineWatch } from '../live/engine-watch.ts';
import type { Converter } from '../models/conversion/converter.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import type { ChildKeeper } from '../runner/child-keeper.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Store } from '../store/store.ts';
import type { Upstreams } from '../upstreams/routing/upstreams.ts';
import type { WorkerPool } from '../workers/worker-pool.ts';
import { serverState } from './listening/service/server-state.ts';
import type { ServerState } from './listening/service/service-manager.ts';
import type { RecentLog } from './logging/recent-log.ts';
import type { Records } from './records.ts';
import type { RegistryCache } from './registry-cache.ts';
import type { Shutdown } from './shutdown.ts';
import { removeUnloaded } from './store-upkeep.ts';

export interface ServerLife {
  /** Goes on with batches, and loads the models that the settings preload; never rejects. */
  preload(): Promise<void>;
  /** What a service manager is told. */
  state(): ServerState;
  /** Refuses new requests, lets running ones finish for up to `graceMs` milliseconds, then stops every runner. */
  stop(graceMs: number): Promise<void>;
  /** Stops every runner at once; safe to call twice. */
  close(): Promise<void>;
}

interface LifeParts {
  readonly settings: LiveSettings;
  readonly logger: Logger;
  readonly modelLoading: ModelLoading;
  readonly preloading: AbortController;
  readonly registryCache: RegistryCache;
  readonly shutdown: Shutdown;
  readonly quantizer: Quantizer;
  readonly converter: Converter;
  readonly scheduler: Scheduler;
  readonly upstreams: Upstreams;
  readonly records: Records;
  readonly engineWatch: Pick<EngineWatch, 'close'> | undefined;
  readonly kvEvents: Pick<KvEvents, 'close'> | undefined;
  readonly keys: Pick<KeyStore, 'close'>;
  readonly recentLog: RecentLog;
  readonly workers: readonly WorkerPool[];
  readonly batches: Pick<Batches, 'start' | 'close'>;
  readonly keeper: ChildKeeper;
  readonly store: Store;
}

export function lifeOf(parts: LifeParts): ServerLife {
  const { settings, logger, modelLoading: loading, preloading, registryCache, shutdown } = parts;
  return {
    state: () => serverState(parts.scheduler),
    preload: async () => {
      void parts.batches.start();
      await preloadModels(settings.preloaded, { loading, logger, signal: preloading.signal });
    },
    stop: async (graceMs) => {
      preloading.abort();
      registryCache.close();
      parts.recentLog.close();
      parts.engineWatch?.close();
      // Its lines are answered again by the next server, so nobody waits for them.
      await parts.batches.close();
      await shutdown.run(graceMs);
    },
    close: async () => {
      preloading.abort();
      parts.engineWatch?.close();
      parts.keys.close();
      registryCache.close();
      parts.recentLog.close();
      await parts.batches.close();
      await parts.converter.close();
      await parts.quantizer.close();
      await parts.scheduler.close();
      parts.kvEvents?.close();
      await parts.upstreams.close();
      await removeUnloaded(parts.store, logger);
      // After the last run has ended.
      await parts.records.close();
      for (const pool of parts.workers) pool.close();
      parts.keeper.stop();
    },
  };
}
