/** Every setting, in one table: the environment variable, how it is read, its default and what `--help` says. */
import { homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { type HostAddress, parseHost } from './host.ts';
import { parseMirrors } from './mirror-setting.ts';
import {
  cleanValue,
  countUpTo,
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
  withForm,
} from './values.ts';

const MINUTE_MS = 60_000;
/** Sequences that llama.cpp accepts in one context (its LLAMA_MAX_SEQ). */
const MAX_PARALLEL = 256;
/** 16 Mi tokens: beyond any model, memory for more could not be had. */
const MAX_CONTEXT_LENGTH = 2 ** 24;
/** Registries refuse more from one address; each takes some megabytes. */
const MAX_PULL_STREAMS = 16;
/** Far above anything that one machine serves. */
const MAX_COUNT = 1_000_000;

/** Variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Setting<T> {
  readonly name: string;
  readonly parse: Parser<T>;
  readonly default: (environment: Environment) => T;
  /** One line for the table of `--help`. */
  readonly help: string;
}

function setting<T>(
  name: string,
  parse: Parser<T>,
  fallback: T | ((environment: Environment) => T),
  help: string,
): Setting<T> {
  const byEnvironment =
    typeof fallback === 'function' ? (fallback as (environment: Environment) => T) : () => fallback;
  return { name, parse, default: byEnvironment, help };
}

const kvCacheTypes = ['f16', 'q8_0', 'q4_0'] as const;
export type KvCacheType = (typeof kvCacheTypes)[number];
export type FlashAttention = 'auto' | 'on' | 'off';

const parseFlashAttention = withForm<FlashAttention>({ kind: 'boolean' }, (text) => ({
  value: parseBoolean(text, true).value ? 'on' : 'off',
}));

/** Which of a model's templates: TEMPLATE of its Modelfile, the GGUF file's own, or the better one. */
export type TemplateChoice = 'auto' | 'go' | 'jinja';

const parseTemplateChoice = withForm<TemplateChoice>({ kind: 'boolean' }, (text) => ({
  value: parseBoolean(text, true).value ? 'go' : 'jinja',
}));

const parseHostAddress = withForm<HostAddress>({ kind: 'text' }, (text) => {
  const { address, warning } = parseHost(text);
  return { value: address, ...(warning !== undefined && { warning }) };
});

/** Which inference libraries may be used beside those for the CPU. */
export type LlmLibrary = 'auto' | 'cpu' | 'cuda' | 'vulkan';

/** As Ollama's folders are called: "cuda_v12", "cpu_avx2". */
const parseLibrary = withForm<LlmLibrary>({ kind: 'text' }, (text, fallback) =>
  parseChoice<LlmLibrary>(['auto', 'cpu', 'cuda', 'vulkan'])(text.replace(/_.*$/s, ''), fallback),
);

/** The folder of the user's own Ollama files. */
export function userFolder(environment: Environment): string {
  return join(cleanValue(environment.HOME) || cleanValue(environment.USERPROFILE) || homedir(), '.ollama');
}

const GIB = 1024 ** 3;
/** Of the memory this process may use: a server is for models first. */
const KV_CACHE_RAM_PART = 0.1;

const kvCacheFolder = (environment: Environment) => join(userFolder(environment), 'kv-cache');

/** At most 1 GiB. */
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
    'The file of settings (default "config.yaml" in ~/.ollama)',
  ),
  host: setting(
    'OLLAMA_HOST',
    parseHostAddress,
    parseHost('').address,
    'IP address and port of the server (default 127.0.0.1:11434)',
  ),
  modelsFolder: setting('OLLAMA_MODELS', parseText, modelsFolder, 'The folder of the models'),
  extraModelsFolders: setting(
    'OLLAMA_MODELS_EXTRA',
    parsePaths,
    [],
    'Further folders of models, only read, separated as in PATH',
  ),
  keepAliveMs: setting(
    'OLLAMA_KEEP_ALIVE',
    keepAliveSetting,
    5 * MINUTE_MS,
    'How long an idle model stays in memory (default "5m"; negative = for ever)',
  ),
  loadTimeoutMs: setting(
    'OLLAMA_LOAD_TIMEOUT',
    parseTimeout,
    5 * MINUTE_MS,
    'How long a load may go without progress (default "5m"; 0 = no limit)',
  ),
  runnerTimeoutMs: setting(
    'OLLAMA_RUNNER_TIMEOUT',
    parseTimeout,
    2 * MINUTE_MS,
    'How long a model at work may go without progress (default "2m"; 0 = no limit)',
  ),
  numParallel: setting(
    'OLLAMA_NUM_PARALLEL',
    countUpTo(MAX_PARALLEL),
    0,
    'Requests a model answers at the same time (default 0 = 4, or 1 when memory is short)',
  ),
  maxLoadedModels: setting(
    'OLLAMA_MAX_LOADED_MODELS',
    countUpTo(MAX_COUNT),
    0,
    'Most models in memory at once (default 0 = automatic)',
  ),
  maxQueue: setting('OLLAMA_MAX_QUEUE', countUpTo(MAX_COUNT), 512, 'Most requests waiting (default 512)'),
  swapMaxWaitMs: setting(
    'OLLAMA_SWAP_MAX_WAIT',
    keepAliveSetting,
    2000,
    'How long a request waits while a busy model it must replace takes more (default "2s")',
  ),
  drainTimeoutMs: setting(
    'OLLAMA_DRAIN_TIMEOUT',
    parseTimeout,
    10 * MINUTE_MS,
    'How long the requests of a model that must go may still run (default "10m"; 0 = no limit)',
  ),
  shutdownTimeoutMs: setting(
    'OLLAMA_SHUTDOWN_TIMEOUT',
    keepAliveSetting,
    5000,
    'How long running requests may still take when the server stops (default "5s"; 0 = no time)',
  ),
  preload: setting('OLLAMA_PRELOAD', parseNames, [], 'Models loaded at start, with commas between'),
  pin: setting('OLLAMA_PIN', parseNames, [], 'Models never unloaded for others, with commas between'),
  contextLength: setting(
    'OLLAMA_CONTEXT_LENGTH',
    countUpTo(MAX_CONTEXT_LENGTH),
    2048,
    'Context in tokens where neither model nor request names one (default 2048)',
  ),
  flashAttention: setting(
    'OLLAMA_FLASH_ATTENTION',
    parseFlashAttention,
    'auto' as FlashAttention,
    'Use flash attention (default: where it helps)',
  ),
  kvCacheType: setting(
    'OLLAMA_KV_CACHE_TYPE',
    parseChoice(kvCacheTypes),
    'f16' as KvCacheType,
    'Type of the KV cache: f16, q8_0 or q4_0 (default f16)',
  ),
  kvCacheFolder: setting(
    'OLLAMA_KV_CACHE_DIR',
    parseText,
    kvCacheFolder,
    'The folder of saved conversation states (default "kv-cache" in ~/.ollama)',
  ),
  kvCacheDiskBytes: setting(
    'OLLAMA_KV_CACHE_BUDGET',
    parseBytes,
    GIB,
    'Disk space for conversation states over unloads and restarts (default 1GiB; 0 = none)',
  ),
  kvCacheRamBytes: setting(
    'OLLAMA_KV_CACHE_RAM',
    parseBytes,
    defaultKvCacheRam,
    'Memory of each model for idle conversations (default a tenth, at most 1GiB; 0 = none)',
  ),
  memoryLimitBytes: setting(
    'OLLAMA_MEMORY_LIMIT',
    parseBytes,
    0,
    'Most memory for models, as "12GiB" (default 0 = what the system has)',
  ),
  llmLibrary: setting(
    'OLLAMA_LLM_LIBRARY',
    parseLibrary,
    'auto' as LlmLibrary,
    'Use only these inference libraries: cpu, cuda or vulkan (default: all that are installed)',
  ),
  vulkan: setting('OLLAMA_VULKAN', parseBoolean, true, 'Use GPUs through Vulkan (default 1)'),
  integratedGpus: setting(
    'OLLAMA_IGPU_ENABLE',
    parseBoolean,
    false,
    'Use integrated GPUs, which share the memory of the system',
  ),
  spread: setting('OLLAMA_SCHED_SPREAD', parseBoolean, false, 'Spread each model over all GPUs'),
  gpuOverheadBytes: setting(
    'OLLAMA_GPU_OVERHEAD',
    parseBytes,
    0,
    'Memory to leave free on each GPU, such as "512MB" (default 0)',
  ),
  templateChoice: setting(
    'OLLAMA_GO_TEMPLATE',
    parseTemplateChoice,
    'auto' as TemplateChoice,
    'Use TEMPLATE (1) or the chat template in the GGUF file (0) of a model that has both (default: the better one)',
  ),
  origins: setting(
    'OLLAMA_ORIGINS',
    parseList,
    [],
    'Web origins allowed besides the local ones, with commas between',
  ),
  registryMirrors: setting(
    'OLLAMA_REGISTRY_MIRRORS',
    parseMirrors,
    [],
    'Mirrors to ask before a registry: URLs, or host=URL for another registry than the usual one, with commas between',
  ),
  registryCache: setting(
    'OLLAMA_REGISTRY_CACHE',
    parseBoolean,
    false,
    'Be a registry for other machines: serve the models that are here, and fetch those that are asked for',
  ),
  pullStreams: setting(
    'OLLAMA_PULL_STREAMS',
    countUpTo(MAX_PULL_STREAMS),
    4,
    'Connections of one pull (default 4)',
  ),
  pullRateBytes: setting(
    'OLLAMA_PULL_RATE',
    parseBytes,
    0,
    'Bytes per second of all pulls together, as "10MB" (default 0 = no cap)',
  ),
  noPrune: setting('OLLAMA_NOPRUNE', parseBoolean, false, 'Keep blobs that no model uses'),
  editor: setting(
    'OLLAMA_EDITOR',
    parseText,
    '',
    'The program for Ctrl+G at the prompt (default: VISUAL, EDITOR or vi)',
  ),
  noHistory: setting('OLLAMA_NOHISTORY', parseBoolean, false, 'Keep no history of the interactive prompt'),
  logLevel: setting('OLLAMA_DEBUG', parseLogLevel, 'info' as LogLevel, 'Log more (1 = debug, 2 = trace)'),
  logFile: setting(
    'OLLAMA_LOG_FILE',
    parseText,
    '',
    'Write the log into this file too; a name without a folder is in ~/.ollama/logs (default: none)',
  ),
  debugLogRequests: setting(
    'OLLAMA_DEBUG_LOG_REQUESTS',
    parseBoolean,
    false,
    'Write the bodies of requests to models into a temporary folder, each with a script that sends it again',
  ),
} as const;

export type SettingKey = keyof typeof settings;
