/** Builds the server out of its parts: the only place where all of them meet. */
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/config.ts';
import { Embedder } from '../inference/embed.ts';
import { Inference } from '../inference/inference.ts';
import { ModelLoading } from '../inference/model-loading.ts';
import { Reranker } from '../inference/rerank.ts';
import { TextTokens } from '../inference/text-tokens.ts';
import { ModelCatalog } from '../models/catalog.ts';
import { DownloadLocks } from '../registry/download-locks.ts';
import { pullModel } from '../registry/pull.ts';
import { startRunner } from '../runner/start.ts';
import type { Effects } from '../scheduler/effects.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { availableMemoryBytes } from '../scheduler/system-memory.ts';

import { PRUNE_GRACE_MS, Store } from '../store/store.ts';
import { createApp, type ServerApp } from './app.ts';
import { createGpus, type Gpus } from './gpus.ts';
import { createPinoLogger } from './pino-logger.ts';
import type { QuickReplies } from './quick-replies.ts';
import type { Pull } from './server-parts.ts';

export interface BuildOptions {
  readonly config: Config;
  /** Settings that could not be read, to be logged. */
  readonly warnings: readonly string[];
  readonly version: string;
}

export interface BuiltServer {
  readonly app: ServerApp;
  readonly quickReplies: QuickReplies;
  readonly logger: Logger;
  /** Stops every runner; safe to call twice. */
  close(): Promise<void>;
}

export async function buildServer({ config, warnings, version }: BuildOptions): Promise<BuiltServer> {
  const logger = createPinoLogger({ level: config.logLevel });
  for (const warning of warnings) logger.warn(warning);
  const store = new Store(config.modelsFolder);
  await prepareStore(store, config, logger);
  const catalog = new ModelCatalog({ store, logger, templateChoice: config.templateChoice });
  const scheduler = new Scheduler({
    effects: createEffects(config, createGpus(config, logger), logger),
    settings: config,
    clock: systemClock,
    logger,
  });
  const inferenceParts = { catalog, scheduler, config, logger };
  const pull = createPull(store, config, logger, version);
  const app = createApp({
    inference: new Inference(inferenceParts),
    embedder: new Embedder(inferenceParts),
    reranker: new Reranker(inferenceParts),
    textTokens: new TextTokens(inferenceParts),
    modelLoading: new ModelLoading(inferenceParts),
    catalog,
    store,
    scheduler,
    pull,
    config,
    logger,
    version,
  });
  const quickReplies = new Map([['/api/version', { version }]]);
  return { app, quickReplies, logger, close: () => scheduler.close() };
}

async function prepareStore(store: Store, config: Config, logger: Logger): Promise<void> {
  await store.prepare();
  if (config.noPrune) return;
  const { removed, broken } = await store.prune({ graceMs: PRUNE_GRACE_MS, now: Date.now() });
  if (removed > 0) logger.info('removed unused blobs', { count: removed });
  if (broken.length > 0) logger.warn('not pruning: some manifests cannot be read', { broken });
}

function createEffects({ loadTimeoutMs, runnerTimeoutMs }: Config, gpus: Gpus, logger: Logger): Effects {
  const limits = { loadTimeoutMs, hangTimeoutMs: runnerTimeoutMs, availableMemoryBytes };
  return {
    load: (wanted, signal, onProgress) => {
      const libraryFolder = wanted.libraryFolder ?? gpus.namedFolder();
      const load = { ...wanted, ...(libraryFolder !== undefined && { libraryFolder }) };
      return startRunner({ load, signal, onProgress, logger, ...limits });
    },
    availableMemoryBytes,
  };
}

function createPull(store: Store, config: Config, logger: Logger, version: string): Pull {
  const locks = new DownloadLocks();
  return (name, { insecure, signal }) =>
    pullModel(name, { store, fetch: globalThis.fetch, locks, logger, version, insecure, signal, config });
}
