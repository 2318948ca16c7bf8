/** Builds the server from its parts. This is the only place where all of them meet. */
import { join } from 'node:path';
import { KeyStore } from '../access/key-store.ts';
import { systemClock } from '../base/clock.ts';
import { systemFreeBytes } from '../base/disk-space.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { ChatWork } from '../chat/work/chat-work.ts';
import type { Config } from '../config/config.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import { createGpus, type Gpus } from '../gpus/gpus.ts';
import { stallLimits } from '../gpus/metal-compile.ts';
import { Embedder } from '../inference/embedding/embed.ts';
import { Reranker } from '../inference/embedding/rerank.ts';
import { Inference } from '../inference/inference.ts';
import { ConfiguredModels } from '../inference/loading/configured-models.ts';
import { MemoryEstimates } from '../inference/loading/estimate-reply.ts';
import type { InferenceParts } from '../inference/loading/model-access.ts';
import { ModelLoading } from '../inference/loading/model-loading.ts';
import { type RemoteEstimateParts, RemoteEstimates } from '../inference/loading/remote-estimates.ts';
import { Repacking } from '../inference/loading/repacking.ts';
import { inTurn, TextParts } from '../inference/loading/text-parts.ts';
import { TextTokens } from '../inference/text-tokens.ts';
import { ModelCatalog } from '../models/catalog.ts';
import { convertPrograms } from '../models/conversion/convert-process.ts';
import { Converter } from '../models/conversion/converter.ts';
import { ModelTemplates } from '../models/model-templates.ts';
import { installedPackage } from '../platform/known-architectures.ts';
import type { LoadOptions } from '../protocol/load.ts';
import { ConvertedCopies } from '../quantize/converted-copies.ts';
import { Quantizer } from '../quantize/quantizer.ts';
import { TypeSpeeds } from '../quantize/speed/type-speeds.ts';
import { KeyFile } from '../registry/identity/key-file.ts';
import { ChildKeeper } from '../runner/child-keeper.ts';
import { ChildRecords } from '../runner/child-records.ts';
import { hasHugePages } from '../runner/huge-pages.ts';
import { withModelFiles } from '../runner/load-files.ts';
import { startRunner } from '../runner/start.ts';
import { startWithDraft } from '../runner/start-with-draft.ts';
import { startWithProjector } from '../runner/start-with-projector.ts';
import type { Effects } from '../scheduler/effects.ts';
import { createMemoryGauge } from '../scheduler/memory/memory-gauge.ts';
import type { HugePages } from '../scheduler/placement/weights-plan.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { Store } from '../store/store.ts';
import { TextCopies } from '../store/text-copies.ts';
import type { Upstreams } from '../upstreams/routing/upstreams.ts';
import { createApp, type ServerApp } from './app.ts';
import { createBatches } from './batches/create-batches.ts';
import { createMediaWorkers, createWorkers } from './create-workers.ts';
import { Health } from './health.ts';
import { createKvEvents, withKvEvents } from './kv-events.ts';
import { createLogger } from './logging/create-logger.ts';
import { RecentLog } from './logging/recent-log.ts';
import { createEngineWatch } from './metrics/create-engine-watch.ts';
import { createMetrics } from './metrics/create-metrics.ts';
import { openRecords } from './records.ts';
import { createRegistryParts } from './registry-parts.ts';
import { createUpstreams, withUpstreams } from './remote-parts.ts';
import type { QuickReplies } from './reply/quick-replies.ts';
import { lifeOf, type ServerLife } from './server-life.ts';
import { Shutdown } from './shutdown.ts';
import { prepareStore, removingUnused, sweepCopies, sweepHourly } from './store-upkeep.ts';

/** What a server is built from. */
export interface BuildOptions {
  readonly settings: LiveSettings;
  /** Warnings about settings that could not be read; they are logged. */
  readonly warnings: readonly string[];
  readonly version: string;
  /** The folder of the user's own files, such as "~/.ollama". */
  readonly userFolder: string;
  /** When the certificate expires, for health checks; undefined while there is none. */
  readonly certificateExpiry?: () => string | undefined;
  /** Whether other machines reach the server, which is known once it listens; absent = the settings say it. */
  readonly isReachable?: () => boolean;
}

/** A server without a port. `close` must be called in the end, because runners are processes. */
export interface BuiltServer extends ServerLife {
  readonly app: ServerApp;
  /** Constant replies, for `listen`. */
  readonly quickReplies: QuickReplies;
  readonly logger: Logger;
  /** Logs a warning if other machines reach the server and it needs no key; for callers that give `isReachable`. */
  logAccess(): void;
  readonly shutdown: Pick<Shutdown, 'announce' | 'hasBegun' | 'refuses'>;
}

/**
 * Prepares the models folder, the user's key, the scheduler and the routes. Opens no port and loads no model.
 * @throws system errors of creating or reading the models folder
 */
export async function buildServer(options: BuildOptions): Promise<BuiltServer> {
  const { settings, warnings, version } = options;
  // Each part reads a setting at every use, so that changes take effect.
  const config = settings.view;
  const recentLog = new RecentLog();
  const logger = createLogger(config, warnings, recentLog);
  await prepareKey(options.userFolder, logger);
  const store = await prepareStore({ ...options, config, clock: systemClock, logger });
  const { workers, work } = createWorkers(logger);
  const templates = new ModelTemplates({ choice: config.templateChoice, work });
  const catalog = new ModelCatalog({ store, logger, templates });
  const keeper = await startKeeper(config, logger);
  const effects = createEffects(config, { gpus: createGpus(config, logger), keeper }, logger);
  const upstreams = createUpstreams(settings, logger);
  const { models, metrics, scheduler, runs, engineWatch, kvEvents } = createScheduling(options, {
    ...{ ...upstreams, config, catalog, effects, logger, store },
  });
  const shutdown = new Shutdown({ scheduler, logger });
  const records = await openRecords({ ...options, logger, metrics });
  const keys = await KeyStore.open({ ...options, folder: options.userFolder, clock: systemClock, logger });
  const health = new Health({ ...options, scheduler, keys, shutdown, store, records, config });
  const registryParts = createRegistryParts({ ...options, store, catalog, config, logger, metrics });
  const quantizing = createQuantizing(options, { config, store, effects, keeper, logger });
  const media = createMediaWorkers(logger);
  const inferenceParts = {
    catalog: models,
    scheduler,
    config,
    logger,
    repacking: quantizing.loadedWeights,
    media: media.preparation,
    observers: [...records.observers, upstreams.usualRuns],
    follower: runs,
    limits: records.limits,
    libraries: installedPackage(),
  };
  const here = createServices(inferenceParts, work, { ...registryParts, store, templates, effects });
  const services = withUpstreams(here, { ...options, ...inferenceParts, ...upstreams });
  const preloading = new AbortController();
  const shared = { ...upstreams, scheduler, shutdown, keys, logger, recentLog, store };
  const batching = createBatches({
    ...{ ...options, app: () => app, keys, models, scheduler, logger },
    limits: records.limits,
  });
  const { pdfTexts } = media;
  const app: ServerApp = createApp({
    ...{ ...shared, ...services, ...registryParts, ...quantizing, ...records, ...batching },
    ...{ settings, pdfTexts, engineWatch, catalog, models, store, health, config, version },
  });
  const ending = {
    ...{ ...shared, ...batching, engineWatch, kvEvents, preloading, records, keeper },
    workers: [workers, media.workers, batching.workers],
  };
  sweepHourly(store, { ...options, config, clock: systemClock, logger }, preloading.signal);
  return {
    app,
    quickReplies: new Map([['/api/version', { version }]]),
    logger,
    shutdown,
    logAccess: () => keys.logAccess(),
    ...lifeOf({ ...options, ...services, ...quantizing, ...registryParts, ...ending }),
  };
}

interface SchedulingParts {
  readonly config: Config;
  readonly catalog: ModelCatalog;
  readonly effects: Effects;
  readonly logger: Logger;
  readonly upstreams: Upstreams;
  readonly store: Store;
}

function createScheduling(
  { settings, version }: BuildOptions,
  { config, catalog, effects, logger, store, upstreams }: SchedulingParts,
) {
  const models = new ConfiguredModels({ catalog, settings, logger, upstreams });
  const kvEvents = createKvEvents({ config, logger, scheduler: () => scheduler });
  const live = { effects, config, upstreams, kvEvents, scheduler: () => scheduler };
  const metrics = createMetrics({ ...live, version, models });
  const watch = createEngineWatch({ ...live, clock: systemClock, models, metrics });
  const { runs, engineWatch } = watch;
  const observer = withKvEvents(watch.observer, kvEvents);
  const removing = removingUnused(effects, store, logger);
  const parts = { effects: removing, settings: config, clock: systemClock, logger };
  const scheduler: Scheduler = new Scheduler({ ...parts, ...(observer && { observer }) });
  return { models, metrics, scheduler, runs, engineWatch, kvEvents };
}

/** What answers requests about models. */
function createServices(
  parts: InferenceParts & { readonly scheduler: Scheduler; readonly config: Config },
  work: ChatWork,
  { effects, ...remote }: Omit<RemoteEstimateParts, 'estimates' | 'logger'> & { readonly effects: Effects },
) {
  const availableMemoryBytes = () => effects.freeMemory().systemBytes;
  const memoryEstimates = new MemoryEstimates({ ...parts, availableMemoryBytes });
  const { logger } = parts;
  return {
    inference: new Inference(parts, work),
    embedder: new Embedder(parts, work),
    reranker: new Reranker(parts),
    textTokens: new TextTokens(parts),
    modelLoading: new ModelLoading(parts),
    memoryEstimates,
    remoteEstimates: new RemoteEstimates({ ...remote, estimates: memoryEstimates, logger }),
  };
}

interface QuantizingParts {
  readonly config: Config;
  readonly store: Store;
  readonly effects: Effects;
  readonly keeper: ChildKeeper;
  readonly logger: Logger;
}

function createQuantizing(
  { userFolder }: Pick<BuildOptions, 'userFolder'>,
  { config, store, effects, keeper, logger }: QuantizingParts,
) {
  const hasGpu = () => effects.freeMemory().gpus.length > 0;
  const availableMemoryBytes = () => effects.freeMemory().systemBytes;
  const quantizer = new Quantizer({ keeper, logger });
  const converter = new Converter({ programs: convertPrograms({ keeper }), logger });
  const typeSpeeds = new TypeSpeeds({ path: join(userFolder, 'type-speeds.json'), hasGpu, logger });
  const copies = new ConvertedCopies({ folder: join(config.modelsFolder, 'converted'), quantizer });
  void sweepCopies(copies, { store, config, clock: systemClock, logger });
  const repacking = new Repacking({ copies, typeSpeeds, config, hasGpu, availableMemoryBytes, logger });
  const textCopies = new TextCopies({
    folder: join(config.modelsFolder, 'text-parts'),
    freeBytes: systemFreeBytes,
  });
  void sweepCopies(textCopies, { store, config, clock: systemClock, logger });
  const loadedWeights = inTurn(new TextParts({ copies: textCopies, logger }), repacking);
  return { quantizer, converter, typeSpeeds, loadedWeights };
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
  const memory = createMemoryGauge(systemClock);
  void memory.refresh();
  return {
    load: async (wanted, signal, { onProgress, onFigures, onSteps, onHeld }) => {
      const { loadTimeoutMs, runnerTimeoutMs: hangTimeoutMs } = config;
      const limits = {
        ...stallLimits({ loadTimeoutMs, hangTimeoutMs }, wanted.devices?.gpus ?? []),
        availableMemoryBytes: () => memory.availableBytes(),
      };
      const libraryFolder = wanted.libraryFolder ?? gpus.namedFolder();
      const counting = config.metrics ? { reportsFigures: true } : {};
      const telling = config.kvEvents === '' ? {} : { heldBlocks: config.kvEventsBlockSize };
      const reports = { onFigures, onSteps, onHeld };
      const load = {
        ...wanted,
        ...counting,
        ...telling,
        ...(libraryFolder !== undefined && { libraryFolder }),
      };
      const start = (options: LoadOptions) =>
        startRunner({ load: options, signal, onProgress, ...reports, logger, keeper, ...limits });
      const startSeeing = (options: LoadOptions) => startWithProjector(options, start, logger);
      const runner = await withModelFiles(load, () => startWithDraft(load, startSeeing, logger));
      // The next placement must not see the memory that the model has taken as available.
      await memory.refresh();
      return runner;
    },
    freeMemory: () => ({
      systemBytes: memory.availableBytes(),
      gpus: gpus.monitor.devices,
      hugePages: hugePagesOf(config),
    }),
    refreshDevices: (maxAgeMs) => {
      const devices = gpus.hasBackend() ? gpus.monitor.refresh(maxAgeMs) : undefined;
      const measured = memory.refresh(maxAgeMs);
      return devices && measured
        ? Promise.all([devices, measured]).then(() => undefined)
        : (devices ?? measured);
    },
  };
}

function hugePagesOf({ hugePages }: Config): HugePages {
  if (hugePages === 'off') return 'off';
  return hasHugePages() ? 'available' : 'unsupported';
}
