/**
 * Every setting, in one table: the environment variable, its parser, its default, its help text, and the words that
 * `ollama config` shows in place of special values.
 */
import { homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { GIB } from '../base/units.ts';
import { type ContextGrow, type LlmLibrary, parseContextGrow, parseLibrary } from './choices.ts';
import { type HostAddress, parseHost } from './host.ts';
import { parseMirrors } from './mirror-setting.ts';
import { parsePrivateRegistries } from './private-registries.ts';
import type { ValueWords } from './value-text.ts';
import {
  cleanValue,
  countUpTo,
  durationUpTo,
  keepAliveSetting,
  type LogLevel,
  type Parser,
  parseBoolean,
  parseBytes,
  parseChoice,
  parseList,
  parseLogLevel,
  parseNames,
  parsePaths,
  parseText,
  parseTimeout,
  positiveCountUpTo,
  withForm,
} from './values.ts';

const MINUTE_MS = 60_000;
/** Load balancers notice a failed health check within seconds; a service manager would not wait any longer than this. */
const MAX_DRAIN_GRACE_MS = 10 * MINUTE_MS;
/** Maximum number of sequences in one context of llama.cpp (its LLAMA_MAX_SEQ). */
export const MAX_PARALLEL = 256;
/** 16 Mi tokens: more than any model supports, and more than any machine has memory for. */
const MAX_CONTEXT_LENGTH = 2 ** 24;
/** Registries refuse more connections from one address; each connection takes a few megabytes of memory. */
const MAX_PULL_STREAMS = 16;
/** Far more than one machine can serve. */
const MAX_COUNT = 1_000_000;

/** Variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Setting<T> {
  readonly name: string;
  readonly parse: Parser<T>;
  readonly default: (environment: Environment) => T;
  /** One line for the table of `--help`. */
  readonly help: string;
  readonly words: ValueWords;
}

function setting<T>(
  name: string,
  parse: Parser<T>,
  fallback: T | ((environment: Environment) => T),
  help: string,
  words: ValueWords = {},
): Setting<T> {
  const byEnvironment =
    typeof fallback === 'function' ? (fallback as (environment: Environment) => T) : () => fallback;
  return { name, parse, default: byEnvironment, help, words };
}

const kvCacheTypes = ['f16', 'q8_0', 'q4_0'] as const;
export type KvCacheType = (typeof kvCacheTypes)[number];
export type FlashAttention = 'auto' | 'on' | 'off';

const parseFlashAttention = withForm<FlashAttention>({ kind: 'boolean' }, (text) => ({
  value: parseBoolean(text, true).value ? 'on' : 'off',
}));

/** Which template of a model to use: "go" is its Modelfile's TEMPLATE, "jinja" is the GGUF file's, "auto" is the better one. */
export type TemplateChoice = 'auto' | 'go' | 'jinja';

const parseTemplateChoice = withForm<TemplateChoice>({ kind: 'boolean' }, (text) => ({
  value: parseBoolean(text, true).value ? 'go' : 'jinja',
}));

const parseHostAddress = withForm<HostAddress>({ kind: 'text' }, (text) => {
  const { address, warning } = parseHost(text);
  return { value: address, ...(warning !== undefined && { warning }) };
});

/** The folder of the user's Ollama files, "~/.ollama". */
export function userFolder(environment: Environment): string {
  return join(cleanValue(environment.HOME) || cleanValue(environment.USERPROFILE) || homedir(), '.ollama');
}

/** Share of the memory that this process may use. It is small because most memory is for models. */
const KV_CACHE_RAM_PART = 0.1;

const kvCacheFolder = (environment: Environment) => join(userFolder(environment), 'kv-cache');

/** A tenth of the memory that this process may use, at most 1 GiB. */
function defaultKvCacheRam(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.min(GIB, Math.floor(memory * KV_CACHE_RAM_PART));
}

const modelsFolder = (environment: Environment) => join(userFolder(environment), 'models');

const configFile = (environment: Environment) => join(userFolder(environment), 'config.yaml');

export const settings = {
  configFile: setting(
    'OLLAMA_CONFIG',
    parseText,
    configFile,
    'Path of the config file (default ~/.ollama/config.yaml)',
  ),
  host: setting(
    'OLLAMA_HOST',
    parseHostAddress,
    parseHost('').address,
    'IP address and port of the server (default 127.0.0.1:11434)',
  ),
  modelsFolder: setting(
    'OLLAMA_MODELS',
    parseText,
    modelsFolder,
    'Folder that holds the models (default ~/.ollama/models)',
  ),
  extraModelsFolders: setting(
    'OLLAMA_MODELS_EXTRA',
    parsePaths,
    [],
    'Additional, read-only model folders, separated as in PATH or by commas (default none)',
  ),
  keepAliveMs: setting(
    'OLLAMA_KEEP_ALIVE',
    keepAliveSetting,
    5 * MINUTE_MS,
    'How long an idle model stays in memory (default 5m; negative = forever)',
    { unlimited: 'forever' },
  ),
  loadTimeoutMs: setting(
    'OLLAMA_LOAD_TIMEOUT',
    parseTimeout,
    5 * MINUTE_MS,
    'Maximum time without progress while a model loads (default 5m; 0 = no limit)',
  ),
  runnerTimeoutMs: setting(
    'OLLAMA_RUNNER_TIMEOUT',
    parseTimeout,
    2 * MINUTE_MS,
    'Maximum time without progress while a model works on a request (default 2m; 0 = no limit)',
  ),
  numParallel: setting(
    'OLLAMA_NUM_PARALLEL',
    countUpTo(MAX_PARALLEL),
    0,
    'Number of requests that a model answers at the same time (default auto: 4, or 1 if memory is short; 0 = auto)',
    { zero: 'auto' },
  ),
  maxLoadedModels: setting(
    'OLLAMA_MAX_LOADED_MODELS',
    countUpTo(MAX_COUNT),
    0,
    'Maximum number of models in memory (default auto: 3, or 3 per GPU; 0 = auto)',
    { zero: 'auto' },
  ),
  maxQueue: setting(
    'OLLAMA_MAX_QUEUE',
    positiveCountUpTo(MAX_COUNT),
    512,
    'Maximum number of queued requests (default 512, at least 1)',
  ),
  swapMaxWaitMs: setting(
    'OLLAMA_SWAP_MAX_WAIT',
    keepAliveSetting,
    2000,
    'How long a busy model keeps taking requests while another model waits for its memory (default 2s)',
    { unlimited: 'forever' },
  ),
  drainTimeoutMs: setting(
    'OLLAMA_DRAIN_TIMEOUT',
    parseTimeout,
    10 * MINUTE_MS,
    'How long requests may keep running on a model that is to be unloaded for another (default 10m; 0 = no limit)',
  ),
  drainGraceMs: setting(
    'OLLAMA_DRAIN_GRACE',
    durationUpTo(MAX_DRAIN_GRACE_MS),
    0,
    'How long new requests are still served after a signal to stop, while /health answers 503 (default 0, at most 10m)',
  ),
  shutdownTimeoutMs: setting(
    'OLLAMA_SHUTDOWN_TIMEOUT',
    keepAliveSetting,
    5000,
    'How long running requests may take to finish when the server stops (default 5s; 0 = stop them immediately)',
  ),
  preload: setting(
    'OLLAMA_PRELOAD',
    parseNames,
    [],
    'Models to load when the server starts, separated by commas (default none)',
  ),
  pin: setting(
    'OLLAMA_PIN',
    parseNames,
    [],
    'Models that are never unloaded for another model, separated by commas (default none)',
  ),
  contextLength: setting(
    'OLLAMA_CONTEXT_LENGTH',
    countUpTo(MAX_CONTEXT_LENGTH),
    0,
    'Context length in tokens if neither the model nor the request sets one (default auto: 2048, more for a longer prompt; 0 = auto)',
    { zero: 'auto' },
  ),
  contextGrow: setting(
    'OLLAMA_CONTEXT_GROW',
    parseContextGrow,
    'auto' as ContextGrow,
    'Whether a model is loaded again with a longer context for a prompt that does not fit: on, off or auto (default auto: on, unless OLLAMA_CONTEXT_LENGTH is set)',
  ),
  contextMax: setting(
    'OLLAMA_CONTEXT_MAX',
    countUpTo(MAX_CONTEXT_LENGTH),
    0,
    'Longest context in tokens that a prompt may cause (default auto: what the model was trained for, if it fits into memory; 0 = auto)',
    { zero: 'auto' },
  ),
  deterministic: setting(
    'OLLAMA_DETERMINISTIC',
    parseBoolean,
    false,
    'Answer the same request with the same text, whoever else is served, at a cost in speed (default off)',
  ),
  flashAttention: setting(
    'OLLAMA_FLASH_ATTENTION',
    parseFlashAttention,
    'auto' as FlashAttention,
    'Whether to use flash attention (default auto: where it helps)',
  ),
  kvCacheType: setting(
    'OLLAMA_KV_CACHE_TYPE',
    parseChoice(kvCacheTypes),
    'f16' as KvCacheType,
    'Data type of the KV cache: f16, q8_0 or q4_0 (default f16)',
  ),
  kvCacheFolder: setting(
    'OLLAMA_KV_CACHE_DIR',
    parseText,
    kvCacheFolder,
    'Folder for saved conversation states (default ~/.ollama/kv-cache)',
  ),
  kvCacheDiskBytes: setting(
    'OLLAMA_KV_CACHE_BUDGET',
    parseBytes,
    GIB,
    'Disk space for conversation states that survive unloads and restarts (default 1 GiB; 0 = off)',
    { zero: 'off' },
  ),
  kvCacheRamBytes: setting(
    'OLLAMA_KV_CACHE_RAM',
    parseBytes,
    defaultKvCacheRam,
    'Memory per model for idle conversations (default 10% of the memory, at most 1 GiB; 0 = off)',
    { zero: 'off' },
  ),
  memoryLimitBytes: setting(
    'OLLAMA_MEMORY_LIMIT',
    parseBytes,
    0,
    'Maximum memory for all models together, such as "12GiB" (default none; 0 = no limit)',
  ),
  llmLibrary: setting(
    'OLLAMA_LLM_LIBRARY',
    parseLibrary,
    'auto' as LlmLibrary,
    'Inference libraries to use: cpu, cuda or vulkan (default auto: all that are installed)',
  ),
  vulkan: setting('OLLAMA_VULKAN', parseBoolean, true, 'Whether to use GPUs through Vulkan (default on)'),
  integratedGpus: setting(
    'OLLAMA_IGPU_ENABLE',
    parseBoolean,
    false,
    "Whether to use integrated GPUs, which share the system's memory (default off)",
  ),
  spread: setting(
    'OLLAMA_SCHED_SPREAD',
    parseBoolean,
    false,
    'Whether to spread each model over all GPUs (default off)',
  ),
  gpuOverheadBytes: setting(
    'OLLAMA_GPU_OVERHEAD',
    parseBytes,
    0,
    'Memory to leave free on each GPU, such as "512MB" (default none)',
    { zero: 'none' },
  ),
  templateChoice: setting(
    'OLLAMA_GO_TEMPLATE',
    parseTemplateChoice,
    'auto' as TemplateChoice,
    "Template of a model that has two: 1 = the Modelfile's TEMPLATE, 0 = the GGUF file's (default auto: the better one)",
  ),
  origins: setting(
    'OLLAMA_ORIGINS',
    parseList,
    [],
    'Web origins to allow in addition to the local ones, separated by commas (default none)',
  ),
  registryMirrors: setting(
    'OLLAMA_REGISTRY_MIRRORS',
    parseMirrors,
    [],
    'Mirrors to ask before a registry, separated by commas: URL for the default registry, HOST=URL for another (default none)',
  ),
  privateRegistries: setting(
    'OLLAMA_PRIVATE_REGISTRIES',
    parsePrivateRegistries,
    [],
    'Private registries that clients on other machines may use: hosts, addresses or ranges such as 10.0.0.0/8, separated by commas (default none)',
  ),
  registryCache: setting(
    'OLLAMA_REGISTRY_CACHE',
    parseBoolean,
    false,
    'Whether to act as a registry for other machines: serve local models, and fetch requested ones (default off)',
  ),
  requestTemplates: setting(
    'OLLAMA_REQUEST_TEMPLATES',
    parseBoolean,
    true,
    'Whether requests may replace the template of a model (default on)',
  ),
  requestGrammars: setting(
    'OLLAMA_REQUEST_GRAMMARS',
    parseBoolean,
    true,
    'Whether requests may set the option "grammar" (default on)',
  ),
  pullStreams: setting(
    'OLLAMA_PULL_STREAMS',
    countUpTo(MAX_PULL_STREAMS),
    4,
    'Number of connections per pull (default 4)',
  ),
  pullRateBytes: setting(
    'OLLAMA_PULL_RATE',
    parseBytes,
    0,
    'Maximum bytes per second for all pulls together, such as "10MB" (default none; 0 = no limit)',
    { zero: 'none' },
  ),
  noPrune: setting(
    'OLLAMA_NOPRUNE',
    parseBoolean,
    false,
    'Whether to keep blobs that no model uses (default off)',
  ),
  editor: setting(
    'OLLAMA_EDITOR',
    parseText,
    '',
    'Program that Ctrl+G opens at the prompt (default auto: VISUAL, EDITOR or vi)',
    { empty: 'auto' },
  ),
  noHistory: setting(
    'OLLAMA_NOHISTORY',
    parseBoolean,
    false,
    'Whether to disable the history of the interactive prompt (default off)',
  ),
  logLevel: setting(
    'OLLAMA_DEBUG',
    parseLogLevel,
    'info' as LogLevel,
    'Log level: 0 = info, 1 = debug, 2 = trace (default info)',
  ),
  logFile: setting(
    'OLLAMA_LOG_FILE',
    parseText,
    '',
    'File to write the log to as well; a name without a folder means a file in ~/.ollama/logs (default none)',
  ),
  debugLogRequests: setting(
    'OLLAMA_DEBUG_LOG_REQUESTS',
    parseBoolean,
    false,
    'Whether to write the body of each model request, and a script that resends it, to a temporary folder (default off)',
  ),
} as const;

export type SettingKey = keyof typeof settings;
