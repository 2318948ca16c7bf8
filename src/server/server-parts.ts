import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { CallerKey } from '../access/caller-key.ts';
import type { KeyStore } from '../access/key-store.ts';
import type { RunLimits } from '../access/limits/run-limits.ts';
import type { ProgressResponse } from '../api/common.ts';
import type { Logger } from '../base/logger.ts';
import type { Batches } from '../batches/batches.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import type { KvEventsConfig } from '../config/settings/kv-events.ts';
import type { Conversations } from '../conversations/conversations.ts';
import type { Reranker } from '../inference/embedding/rerank.ts';
import type { Inference } from '../inference/inference.ts';
import type { ConfiguredModels } from '../inference/loading/configured-models.ts';
import type { MemoryEstimates } from '../inference/loading/estimate-reply.ts';
import type { ModelLoading } from '../inference/loading/model-loading.ts';
import type { RemoteEstimates } from '../inference/loading/remote-estimates.ts';
import type { RemoteNames } from '../inference/remote/remote-names.ts';
import type { RoutedEmbedder } from '../inference/remote/routed-embedder.ts';
import type { TextTokens } from '../inference/text-tokens.ts';
import type { EngineWatch } from '../live/engine-watch.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ModelCatalog } from '../models/catalog.ts';
import type { Converter } from '../models/conversion/converter.ts';
import type { FileUrl } from '../names/file-url.ts';
import type { ModelName } from '../names/model-name.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import type { TypeSpeeds } from '../quantize/speed/type-speeds.ts';
import type { TraceContext } from '../runs/trace-context.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Store } from '../store/store.ts';
import type { Traces } from '../traces/traces.ts';
import type { Upstreams } from '../upstreams/routing/upstreams.ts';
import type { Usage } from '../usage/usage.ts';
import type { AuditSink } from './audit/audit-log.ts';
import type { AuditNote } from './audit/audit-note.ts';
import type { InnerRequest } from './batches/inner-request.ts';
import type { Health } from './health.ts';
import type { RecentLog } from './logging/recent-log.ts';
import type { RegistryCache } from './registry-cache.ts';
import type { ReadsDocuments } from './request/documents.ts';
import type { FetchesImages } from './request/web-images.ts';
import type { Shutdown } from './shutdown.ts';

interface PullRequestOptions {
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  /** Whether the request may use any private registry, not only those that the settings name. */
  readonly isLocal: boolean;
  /** URL of the model's file, when it does not come from a registry. */
  readonly url?: FileUrl | undefined;
}

/** Pulls a model from its registry or from the URL of its file, or pushes it to its registry. */
export type Pull = (name: ModelName, options: PullRequestOptions) => AsyncIterable<ProgressResponse>;

export interface ServerSettings extends KvEventsConfig {
  /** Additional allowed browser origins; `*` is a wildcard. */
  readonly origins: readonly string[];
  /** The address that the server listens on. */
  readonly host: { readonly host: string };
  /** Whether to serve models to other machines. */
  readonly registryCache: boolean;
  /** Whether to show the web page. */
  readonly ui: boolean;
  /** Whether to keep blobs that no model uses. */
  readonly noPrune: boolean;
  /** Maximum number of queued requests. */
  readonly maxQueue: number;
  /** Whether to write request bodies to a temporary folder. */
  readonly debugLogRequests?: boolean;
  /** Whether chats of the web page are kept; absent = they are not. */
  readonly uiChats?: boolean;
}

/** The parts that the routes use. */
export interface ServerParts {
  readonly inference: Pick<Inference, 'generate' | 'chat' | 'answerNow'>;
  readonly embedder: Pick<RoutedEmbedder, 'embed' | 'embedOne'>;
  readonly reranker: Pick<Reranker, 'rerank'>;
  readonly textTokens: Pick<TextTokens, 'tokenize' | 'read' | 'pieces' | 'detokenize'>;
  readonly catalog: ModelCatalog;
  /** The catalog with the aliases of the config file, as requests see it. */
  readonly models: Pick<ConfiguredModels, 'find' | 'list' | 'aliasTarget'>;
  /** The other servers that answer for models, and the names that lead to them. */
  readonly upstreams: Pick<Upstreams, 'all'>;
  readonly remoteNames: Pick<RemoteNames, 'find' | 'allowed'>;
  readonly store: Store;
  readonly scheduler: Pick<Scheduler, 'running' | 'unload' | 'waiting'>;
  readonly memoryEstimates: Pick<MemoryEstimates, 'estimate'>;
  readonly remoteEstimates: Pick<RemoteEstimates, 'estimate'>;
  readonly modelLoading: Pick<ModelLoading, 'load' | 'unload'>;
  readonly health: Pick<Health, 'check'>;
  readonly shutdown: Pick<Shutdown, 'middleware'>;
  /** The API keys of clients. */
  readonly keys: ServerKeys;
  /** Absent = nothing is counted. */
  readonly metrics?: Pick<Metrics, 'page' | 'answered' | 'engineLoad'> | undefined;
  /** Absent = nobody can watch the engine. */
  readonly engineWatch?: Pick<EngineWatch, 'watch'> | undefined;
  /** The limits of these keys. */
  readonly limits: Pick<RunLimits, 'budgets'>;
  readonly pull: Pull;
  readonly push: Pull;
  readonly quantizer: Pick<Quantizer, 'quantize'>;
  readonly converter: Pick<Converter, 'convert'>;
  readonly typeSpeeds: Pick<TypeSpeeds, 'slowness' | 'best' | 'keep'>;
  /** Absent = there is no audit log. */
  readonly audit?: AuditSink | undefined;
  readonly usage: Pick<Usage, 'isKept' | 'parseQuery' | 'report' | 'refused'>;
  /** The chats of web pages. */
  readonly conversations: Pick<Conversations, 'list' | 'read' | 'append' | 'remove'>;
  readonly batches: Pick<Batches, 'files' | 'create' | 'get' | 'list' | 'cancel'>;
  readonly registryCache: Pick<RegistryCache, 'manifest' | 'blob'>;
  /** Fetches pictures and documents that requests name by URL. */
  readonly webImages: FetchesImages;
  /** Whether requests belong to traces; absent = only those that bring one. */
  readonly traces?: Pick<Traces, 'isTracing' | 'isContinued'>;
  /** Reads the text of PDF files. */
  readonly pdfTexts: ReadsDocuments;
  readonly config: ServerSettings;
  /** All settings, as they are shown. */
  readonly settings: Pick<LiveSettings, 'current' | 'sources' | 'path'>;
  /** The latest lines of the log. */
  readonly recentLog: RecentLog;
  readonly logger: Logger;
  readonly version: string;
}

/** What the routes and the check of each request use of the keys. */
type ServerKeys = Omit<KeyStore, 'close' | 'onChange'>;

interface ServerBindings extends HttpBindings {
  /** Present on requests that this program makes of itself. */
  inner: InnerRequest;
}

/** Bindings are absent for in-memory requests, as in tests. */
export interface ServerEnvironment {
  Bindings: Partial<ServerBindings>;
  Variables: {
    requestId?: string;
    /** The trace to which the request belongs. */
    trace?: TraceContext;
    /** The API key of the request, if it presented a valid one. */
    key?: CallerKey;
    /** Throws `unauthorized` once that key is invalid. */
    requireKey?: () => void;
    /** Whether the request counts for the limits of its key. */
    isCounted?: boolean;
    /** Why what it presented is no valid key. */
    refusal?: 'unknown' | 'expired' | 'session';
    /** What the audit log says about the request, if there is one. */
    audit?: AuditNote;
  };
}

export type RequestContext = Context<ServerEnvironment>;

export interface Route {
  readonly path: string;
  readonly handlers: Readonly<Partial<Record<HttpMethod, RouteHandler>>>;
}

type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'DELETE';

type RouteHandler = (context: RequestContext) => Response | Promise<Response>;
