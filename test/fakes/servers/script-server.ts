import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyStore } from '../../../src/access/key-store.ts';
import { RunLimits } from '../../../src/access/limits/run-limits.ts';
import { MAX_MEDIUM_BYTES } from '../../../src/api/media-text.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { OllamaError } from '../../../src/base/errors.ts';
import type { LogFields, Logger } from '../../../src/base/logger.ts';
import type { Batches } from '../../../src/batches/batches.ts';
import { checkInput } from '../../../src/batches/work/check-input.ts';
import { readConfig } from '../../../src/config/config.ts';
import { type ConfigFile, emptyConfigFile } from '../../../src/config/file/config-file.ts';
import { LiveSettings } from '../../../src/config/live-settings.ts';
import { Conversations } from '../../../src/conversations/conversations.ts';
import type { GgufValue } from '../../../src/gguf/types.ts';
import type { CompiledSchemas } from '../../../src/grammar/schema/compiled-schemas.ts';
import type { RequestSettings } from '../../../src/inference/completion/checks.ts';
import { Embedder } from '../../../src/inference/embedding/embed.ts';
import { Reranker } from '../../../src/inference/embedding/rerank.ts';
import { Inference } from '../../../src/inference/inference.ts';
import { ConfiguredModels } from '../../../src/inference/loading/configured-models.ts';
import { MemoryEstimates } from '../../../src/inference/loading/estimate-reply.ts';
import type { ContextSettings } from '../../../src/inference/loading/model-access.ts';
import { ModelLoading } from '../../../src/inference/loading/model-loading.ts';
import { type InspectModel, RemoteEstimates } from '../../../src/inference/loading/remote-estimates.ts';
import type { MediaPreparation } from '../../../src/inference/media/prepare-medium.ts';
import { TextTokens } from '../../../src/inference/text-tokens.ts';
import { PdfTexts } from '../../../src/media/pdf/pdf-texts.ts';
import { readPdf } from '../../../src/media/work/read-pdf.ts';
import { ModelCatalog } from '../../../src/models/catalog.ts';
import { convertPrograms } from '../../../src/models/conversion/convert-process.ts';
import { Converter } from '../../../src/models/conversion/converter.ts';
import { createModel } from '../../../src/models/create.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import { Quantizer } from '../../../src/quantize/quantizer.ts';
import type { Processor } from '../../../src/quantize/speed/processor.ts';
import { TypeSpeeds } from '../../../src/quantize/speed/type-speeds.ts';
import { RegistryTransports } from '../../../src/registry/transport/transport.ts';
import type { Upstream } from '../../../src/registry/transport/upstream.ts';
import { WebImages } from '../../../src/registry/web-file/web-images.ts';
import type { Effects } from '../../../src/scheduler/effects.ts';
import { Scheduler } from '../../../src/scheduler/scheduler.ts';
import { createApp, type ServerApp } from '../../../src/server/app.ts';
import type { AuditSink } from '../../../src/server/audit/audit-log.ts';
import { createBatches } from '../../../src/server/batches/create-batches.ts';
import { Health } from '../../../src/server/health.ts';
import { RecentLog } from '../../../src/server/logging/recent-log.ts';
import { createEngineWatch } from '../../../src/server/metrics/create-engine-watch.ts';
import { createMetrics } from '../../../src/server/metrics/create-metrics.ts';
import { RegistryCache } from '../../../src/server/registry-cache.ts';
import { createUpstreams, withUpstreams } from '../../../src/server/remote-parts.ts';
import type { Pull, ServerSettings } from '../../../src/server/server-parts.ts';
import { Shutdown } from '../../../src/server/shutdown.ts';
import { tryLockFile } from '../../../src/store/lock-file.ts';
import { Store } from '../../../src/store/store.ts';
import type { Traces } from '../../../src/traces/traces.ts';
import { Usage } from '../../../src/usage/usage.ts';
import { inlineChatWork } from '../chats/inline-work.ts';
import { inlineTemplates } from '../models/inline-templates.ts';
import { smallModel } from '../models/small-gguf.ts';
import { ScriptRunner } from '../runners/script-runner.ts';
import { schedulerSettings } from '../scheduler/scheduler-settings.ts';

export interface ScriptServer {
  readonly app: ServerApp;
  readonly inference: Inference;
  readonly modelLoading: ModelLoading;
  readonly logger: Logger;
  readonly store: Store;
  /** Not started: it works on what is created, and lines do not give way. */
  readonly batches: Pick<Batches, 'start'>;
  /** Holds everything that the server keeps. */
  readonly home: string;
  readonly modelsFolder: string;
  readonly shutdown: Shutdown;
  readonly scheduler: Scheduler;
  readonly recentLog: RecentLog;
  readonly runner: ScriptRunner;
  readonly loads: LoadOptions[];
  readonly lines: { level: string; message: string; fields?: LogFields | undefined }[];
  addModel(name: string, options?: AddModelOptions): Promise<void>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

const noUpstream: Upstream = {
  manifest: () => Promise.reject(new Error('there is no registry')),
  blobUrl: (name, digest) => `https://${name.host}/${digest}`,
};

const noRegistry: InspectModel = () => {
  throw new OllamaError('not-found', 'there is no registry');
};
const noPull = () => {
  throw new Error('nothing to pull from');
};
const noPush: Pull = () => {
  throw new Error('nowhere to push to');
};

interface AddModelOptions {
  readonly metadata?: Readonly<Record<string, GgufValue>>;
  readonly create?: object;
  /** Further files by name, such as a projector. */
  readonly files?: Readonly<Record<string, string>>;
}

const noEvents = {
  ...{ kvEvents: '', kvEventsReplay: '', kvEventsTopic: 'kv@{host}@{model}', kvEventsModels: [] },
  ...{ kvEventsBlockSize: 16, kvEventsSeed: 's' },
};

/** The whole server on a temporary store, with a runner that outputs a script instead of a child process. */
export async function startScriptServer(
  options: {
    runner?: ScriptRunner;
    settings?: Partial<ServerSettings>;
    /** What requests may contain. */
    requests?: RequestSettings;
    /** Contexts; absent = 2048 tokens, which prompts do not change. */
    context?: ContextSettings;
    /** Returns the bytes that the machine has left. */
    freeBytes?: () => number;
    load?: (plan: LoadOptions) => Promise<ScriptRunner>;
    pull?: Pull;
    /** Shows models of registries; absent = there is no registry. */
    inspect?: InspectModel;
    push?: Pull;
    upstream?: Upstream;
    /** Default: one that nothing is known about. */
    processor?: Processor;
    maxQueue?: number;
    /** Hosts that remote models may name. */
    remotes?: readonly string[];
    file?: ConfigFile;
    schemas?: CompiledSchemas;
    /** Prepares pictures and sounds; absent = there are none. */
    media?: MediaPreparation;
    /** Receives the lines of the audit log; absent = there is none. */
    audit?: AuditSink;
    /** Makes spans of the runs; absent = nobody does. */
    traces?: Traces;
    /** Hosts from which images are fetched. */
    imageHosts?: () => readonly string[];
    /** API keys; absent = there are none. */
    keys?: KeyStore;
    /** Whether it counts what happens. */
    counts?: boolean;
    /** Limits of these keys, on another clock than the system's. */
    limits?: RunLimits;
  } = {},
): Promise<ScriptServer> {
  const home = await mkdtemp(join(tmpdir(), 'script-server-'));
  const folder = join(home, 'models');
  const store = new Store(folder);
  await store.prepare();
  const lines: ScriptServer['lines'] = [];
  const logger = recordingLogger(lines);
  const runner = options.runner ?? new ScriptRunner();
  const loads: LoadOptions[] = [];
  const templates = inlineTemplates();
  const catalog = new ModelCatalog({ store, logger, templates });
  const liveSettings = new LiveSettings({ ...readConfig({}), file: options.file ?? emptyConfigFile });
  const { upstreams, usualRuns } = createUpstreams(liveSettings, logger);
  const models = new ConfiguredModels({ catalog, settings: liveSettings, logger, upstreams });
  const effects: Effects = {
    load: async (plan) => {
      loads.push(plan);
      return options.load ? options.load(plan) : runner;
    },
    freeMemory: () => ({ systemBytes: options.freeBytes?.() ?? 1e12, gpus: [] }),
    refreshDevices: () => undefined,
  };
  const metrics = createMetrics({
    ...{ models, effects, upstreams, scheduler: () => scheduler, version: '0.1.2' },
    config: { metrics: options.counts ?? false, llamaCppMetrics: true, kvCacheFolder: home },
  });
  const { runs, engineWatch, observer } = createEngineWatch({
    ...{ models, effects, upstreams, metrics, scheduler: () => scheduler, clock: systemClock },
    config: { kvCacheFolder: home },
  });
  const scheduler: Scheduler = new Scheduler({
    effects,
    ...(observer && { observer }),
    settings: schedulerSettings({ maxQueue: options.maxQueue ?? 512, keepAliveMs: 60_000 }),
    clock: systemClock,
    logger,
  });
  const config = {
    contextLength: 2048,
    flashAttention: 'auto',
    kvCacheType: 'f16',
    kvCacheFolder: '',
    kvCacheDiskBytes: 0,
    kvCacheRamBytes: 0,
    memoryLimitBytes: Number.POSITIVE_INFINITY,
    numParallel: 1,
    remotes: options.remotes ?? [],
    ...options.context,
    ...options.requests,
  } as const;
  const usage = new Usage({ folder: join(home, 'usage'), clock: systemClock, lock: tryLockFile, logger });
  const limits = options.limits ?? new RunLimits(systemClock);
  const inferenceParts = {
    observers: [usage, options.traces?.observer, metrics, usualRuns].filter(
      (observer) => observer !== undefined,
    ),
    limits,
    follower: runs,
    catalog: models,
    scheduler,
    config,
    logger,
    ...(options.media && { media: options.media }),
  };
  const work = inlineChatWork(options.schemas);
  const inference = new Inference(inferenceParts, work);
  const { pull = noPull, push = noPush } = options;
  const settings: ServerSettings = {
    origins: [],
    host: { host: '127.0.0.1' },
    noPrune: false,
    registryCache: false,
    ...noEvents,
    uiChats: true,
    ui: true,
    maxQueue: options.maxQueue ?? 512,
    ...options.settings,
  };
  const services = {
    inference,
    embedder: new Embedder(inferenceParts, work),
    reranker: new Reranker(inferenceParts),
    textTokens: new TextTokens(inferenceParts),
    modelLoading: new ModelLoading(inferenceParts),
    memoryEstimates: new MemoryEstimates({ ...inferenceParts, availableMemoryBytes: () => 1e12 }),
  };
  const estimates = services.memoryEstimates;
  const { inspect = noRegistry } = options;
  const remoteEstimates = new RemoteEstimates({ estimates, inspect, store, templates, logger });
  const shutdown = new Shutdown({ scheduler, logger });
  const recentLog = new RecentLog();
  const keys =
    options.keys ??
    (await KeyStore.open({ folder: home, settings: liveSettings, clock: systemClock, logger }));
  const { batches } = createBatches({
    ...{ userFolder: home, app: () => app, keys, models, scheduler, limits, logger },
    check: checkInput,
  });
  const parts = {
    ...services,
    batches,
    ...withUpstreams(services, {
      ...{ ...inferenceParts, upstreams, usualRuns, version: '0.1.2', settings: liveSettings },
    }),
    upstreams,
    remoteEstimates,
    catalog,
    models,
    store,
    scheduler,
    health: new Health({
      scheduler,
      shutdown,
      store,
      config: { modelsFolder: folder, maxQueue: settings.maxQueue },
    }),
    shutdown,
    usage,
    conversations: new Conversations({
      folder: join(home, 'chats'),
      clock: systemClock,
      lock: tryLockFile,
    }),
    audit: options.audit,
    keys,
    metrics,
    engineWatch,
    limits,
    pull,
    push,
    quantizer: new Quantizer({ logger }),
    converter: new Converter({ programs: convertPrograms(), logger }),
    typeSpeeds: new TypeSpeeds({
      path: join(home, 'type-speeds.json'),
      hasGpu: () => false,
      logger,
      processor: options.processor ?? { name: 'none', instructions: 'unknown' },
    }),
    registryCache: new RegistryCache({ store, upstream: options.upstream ?? noUpstream, pull, logger }),
    webImages: new WebImages({
      transports: new RegistryTransports({}),
      hosts: options.imageHosts ?? (() => []),
      maxBytes: MAX_MEDIUM_BYTES,
      userAgent: 'test',
    }),
    ...(options.traces && { traces: options.traces }),
    pdfTexts: new PdfTexts(readPdf),
    config: settings,
    settings: liveSettings,
    recentLog,
    logger,
    version: '0.1.2',
  };
  const app: ServerApp = createApp(parts);
  return {
    recentLog,
    batches,
    app,
    inference,
    modelLoading: services.modelLoading,
    logger,
    store,
    home,
    modelsFolder: folder,
    shutdown,
    scheduler,
    runner,
    loads,
    lines,
    addModel: async (name, { metadata, create, files } = {}) => {
      const { digest } = await store.blobs.write(oneChunk(smallModel(metadata)));
      const request = { model: name, files: { 'model.gguf': digest, ...files }, ...create };
      for await (const _ of createModel(request, { store, catalog, pull: noPull }));
    },
    post: async (path, body, headers = {}) =>
      app.request(path, {
        method: 'POST',
        headers,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    close: async () => {
      await batches.close();
      keys.close();
      await scheduler.close();
      await upstreams.close();
      await usage.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The JSON lines of a stream. */
export async function linesOf(response: Response): Promise<Record<string, unknown>[]> {
  const text = await response.text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function recordingLogger(lines: ScriptServer['lines'], own?: LogFields): Logger {
  const record = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push({ level, message, fields: own || fields ? { ...own, ...fields } : undefined });
  const logger: Logger = {
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    child: (fields) => recordingLogger(lines, { ...own, ...fields }),
  };
  return logger;
}
