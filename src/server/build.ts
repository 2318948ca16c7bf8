/** Builds the server from its parts. This is the only place where all of them meet. */
import { systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { chatWorkerProgram, pooledChatWork } from '../chat/work/chat-work.ts';
import { keepingGrammars } from '../chat/work/kept-grammars.ts';
import type { Config } from '../config/config.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import { createGpus, type Gpus } from '../gpus/gpus.ts';
import { Embedder } from '../inference/embedding/embed.ts';
import { Reranker } from '../inference/embedding/rerank.ts';
import { Inference } from '../inference/inference.ts';
import { ConfiguredModels } from '../inference/loading/configured-models.ts';
import { MemoryEstimates } from '../inference/loading/estimate-reply.ts';
import { ModelLoading } from '../inference/loading/model-loading.ts';
import { preloadModels } from '../inference/loading/preload.ts';
import { TextTokens } from '../inference/text-tokens.ts';
import { assembleModel } from '../models/assemble.ts';
import { ModelCatalog } from '../models/catalog.ts';
import { createFromUrl } from '../models/create-from-url.ts';
import { ModelTemplates } from '../models/model-templates.ts';
import { Quantizer } from '../quantize/quantizer.ts';
import type { AssembleModel } from '../registry/hugging-face/sharded-model.ts';
import { KeyFile } from '../registry/identity/key-file.ts';
import { userIdentity } from '../registry/identity/user-identity.ts';
import { DownloadLocks } from '../registry/pull/download-locks.ts';
import { mirrorsOf, pullFromSources } from '../registry/pull/pull-from-sources.ts';
import { pushThrough } from '../registry/push/push.ts';
import { Bandwidth } from '../registry/transport/bandwidth.ts';
import { anyRegistry, listedRegistries, type RegistryAccess } from '../registry/transport/registry-access.ts';
import { RegistryTransports } from '../registry/transport/transport.ts';
import { upstreamOf } from '../registry/transport/upstream.ts';
import { ChildKeeper } from '../runner/child-keeper.ts';
import { ChildRecords } from '../runner/child-records.ts';
import { withModelFiles } from '../runner/load-files.ts';
import { startRunner } from '../runner/start.ts';
import type { Effects } from '../scheduler/effects.ts';
import { availableMemoryBytes } from '../scheduler/memory/system-memory.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { Store } from '../store/store.ts';
import { WorkerPool } from '../workers/worker-pool.ts';
import { createApp, type ServerApp } from './app.ts';
import { Health } from './health.ts';
import { createPinoLogger } from './logging/pino-logger.ts';
import { RotatingFile } from './logging/rotating-file.ts';
import { RegistryCache } from './registry-cache.ts';
import type { QuickReplies } from './reply/quick-replies.ts';
import type { Pull, ServerParts } from './server-parts.ts';
import { Shutdown } from './shutdown.ts';
import { prepareStore, sweepHourly } from './store-upkeep.ts';

/** What a server is built from. */
export interface BuildOptions {
  readonly settings: LiveSettings;
  /** Warnings about settings that could not be read; they are logged. */
  readonly warnings: readonly string[];
  readonly version: string;
  /** The folder of the user's own files, such as "~/.ollama". */
  readonly userFolder: string;
}

/** A server without a port. `close` must be called in the end, because runners are processes. */
export interface BuiltServer {
  readonly app: ServerApp;
  /** Constant replies, for `listen`. */
  readonly quickReplies: QuickReplies;
  readonly logger: Logger;
  /** Loads the models that the settings preload; never rejects. */
  preload(): Promise<void>;
  readonly shutdown: Pick<Shutdown, 'announce' | 'hasBegun' | 'refuses'>;
  /** Refuses new requests, lets running ones finish for up to `graceMs` milliseconds, then stops every runner. */
  stop(graceMs: number): Promise<void>;
  /** Stops every runner at once; safe to call twice. */
  close(): Promise<void>;
}

/**
 * Prepares the models folder, the user's key, the scheduler and the routes. Opens no port and loads no model.
 * @throws system errors of creating or reading the models folder
 */
export async function buildServer(options: BuildOptions): Promise<BuiltServer> {
  const { settings, warnings, version } = options;
  // Each part reads a setting at every use, so that changes take effect.
  const config = settings.view;
  const logger = createLogger(config, warnings);
  await prepareKey(options.userFolder, logger);
  const store = await prepareStore({ ...options, config, clock: systemClock, logger });
  const { workers, work } = createWorkers(logger);
  const templates = new ModelTemplates({ choice: config.templateChoice, work });
  const catalog = new ModelCatalog({ store, logger, templates });
  const keeper = await startKeeper(config, logger);
  const effects = createEffects(config, { gpus: createGpus(config, logger), keeper }, logger);
  const scheduler = new Scheduler({ effects, settings: config, clock: systemClock, logger });
  const models = new ConfiguredModels({ catalog, settings, logger });
  const inferenceParts = { catalog: models, scheduler, config, logger };
  const shutdown = new Shutdown({ scheduler, logger });
  const health = new Health({ scheduler, shutdown, store, config });
  const { pull, push, registryCache } = createRegistryParts({ ...options, store, catalog, config, logger });
  const quantizer = new Quantizer({ keeper, logger });
  const modelLoading = new ModelLoading(inferenceParts);
  const preloading = new AbortController();
  const app = createApp({
    inference: new Inference(inferenceParts, work),
    embedder: new Embedder(inferenceParts),
    reranker: new Reranker(inferenceParts),
    textTokens: new TextTokens(inferenceParts),
    modelLoading,
    memoryEstimates: new MemoryEstimates({ ...inferenceParts, availableMemoryBytes }),
    catalog,
    models,
    store,
    scheduler,
    health,
    shutdown,
    pull,
    push,
    quantizer,
    registryCache,
    config,
    logger,
    version,
  });
  sweepHourly(store, { ...options, config, clock: systemClock, logger }, preloading.signal);
  return {
    app,
    quickReplies: new Map([['/api/version', { version }]]),
    logger,
    preload: () =>
      preloadModels(settings.preloaded, { loading: modelLoading, logger, signal: preloading.signal }),
    shutdown,
    stop: async (graceMs) => {
      preloading.abort();
      registryCache.close();
      await shutdown.run(graceMs);
    },
    close: async () => {
      preloading.abort();
      registryCache.close();
      await quantizer.close();
      await scheduler.close();
      workers.close();
      keeper.stop();
    },
  };
}

function createWorkers(logger: Logger) {
  const workers = new WorkerPool({ program: chatWorkerProgram, clock: systemClock, logger });
  return { workers, work: keepingGrammars(pooledChatWork(workers)) };
}

function createLogger(config: Config, warnings: readonly string[]): Logger {
  const logger = createPinoLogger({ level: () => config.logLevel, file: logFileOf(config) });
  for (const warning of warnings) logger.warn(warning);
  return logger;
}

function logFileOf({ logFile }: Config): RotatingFile | undefined {
  if (logFile === '') return undefined;
  const onFailure = (reason: string) =>
    process.stderr.write(`Warning: cannot write the log file: ${reason}\n`);
  return new RotatingFile(logFile, { onFailure });
}

async function startKeeper(config: Config, logger: Logger): Promise<ChildKeeper> {
  const keeper = new ChildKeeper({ records: new ChildRecords(config.runFolder), clock: systemClock, logger });
  await keeper.endOrphans();
  keeper.start();
  return keeper;
}

/** Creates the key pair if it is missing. Models run without one, so a failure is only logged. */
async function prepareKey(userFolder: string, logger: Logger): Promise<void> {
  try {
    const publicKey = await new KeyFile(userFolder).ensure();
    if (publicKey !== undefined)
      logger.info('created a key pair', { folder: userFolder, publicKey: publicKey.trim() });
  } catch (error) {
    logger.warn('no key pair is available; registries cannot identify this user', {
      reason: messageOf(error),
    });
  }
}

function createEffects(
  config: Config,
  { gpus, keeper }: { gpus: Gpus; keeper: ChildKeeper },
  logger: Logger,
): Effects {
  return {
    load: (wanted, signal, onProgress) => {
      const { loadTimeoutMs, runnerTimeoutMs: hangTimeoutMs } = config;
      const limits = { loadTimeoutMs, hangTimeoutMs, availableMemoryBytes };
      const libraryFolder = wanted.libraryFolder ?? gpus.namedFolder();
      const load = { ...wanted, ...(libraryFolder !== undefined && { libraryFolder }) };
      return withModelFiles(load, () => startRunner({ load, signal, onProgress, logger, keeper, ...limits }));
    },
    freeMemory: () => ({ systemBytes: availableMemoryBytes(), gpus: gpus.monitor.devices }),
    refreshDevices: (maxAgeMs) => (gpus.hasBackend() ? gpus.monitor.refresh(maxAgeMs) : undefined),
  };
}

function createRegistryParts(parts: {
  readonly store: Store;
  readonly catalog: ModelCatalog;
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  readonly userFolder: string;
}): Pick<ServerParts, 'pull' | 'push'> & { readonly registryCache: RegistryCache } {
  const transports = new RegistryTransports(process.env);
  const { locks: between } = parts.store;
  const locks = new DownloadLocks((...turn) => between.exclusive(...turn));
  const bandwidth = new Bandwidth(() => parts.config.pullRateBytes, systemClock);
  const identity = userIdentity(parts.userFolder, parts.logger, process.env.HF_TOKEN);
  const shared = { ...parts, transports, locks, bandwidth, identity };
  const accessOf = (isLocal: boolean): RegistryAccess =>
    isLocal ? anyRegistry : listedRegistries(parts.config.privateRegistries);
  const pull: Pull = (name, { insecure, signal, isLocal, url }) => {
    const access = accessOf(isLocal);
    const mirrors = mirrorsOf(name.host, parts.config.registryMirrors);
    const assemble: AssembleModel = (model, assembling) =>
      assembleModel(model, { ...parts, signal: assembling });
    const events = url
      ? createFromUrl(url, { ...shared, access, insecure, signal })
      : pullFromSources(name, { ...shared, access, mirrors, insecure, signal, assemble });
    return parts.store.adding(events, signal);
  };
  const push: Pull = (name, { insecure, signal, isLocal }) =>
    pushThrough(name, { ...parts, access: accessOf(isLocal), transports, identity, insecure, signal });
  const userAgent = `ollama/${parts.version} Node/${process.versions.node}`;
  const upstream = upstreamOf({ transports, clock: systemClock, userAgent });
  return { pull, push, registryCache: new RegistryCache({ ...parts, upstream, pull }) };
}
