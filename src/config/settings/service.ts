/** Where the server listens and keeps its files, how many models and requests it serves, and how it stops. */
import { configFile, modelsFolder } from '../environment.ts';
import { parseHost, parseHostAddress } from '../host.ts';
import { setting } from '../setting.ts';
import {
  countUpTo,
  durationUpTo,
  keepAliveSetting,
  parseNames,
  parseText,
  parseTimeout,
  pathsParser,
  positiveCountUpTo,
} from '../values.ts';

const MINUTE_MS = 60_000;
/** Load balancers notice a failed health check within seconds; a service manager would not wait any longer than this. */
const MAX_DRAIN_GRACE_MS = 10 * MINUTE_MS;
/** Maximum number of sequences in one context of llama.cpp (its LLAMA_MAX_SEQ). */
export const MAX_PARALLEL = 256;
/** Far more than one machine can serve. */
const MAX_COUNT = 1_000_000;

export const serviceSettings = {
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
    'Address of the server: HOST:PORT, https://HOST:PORT or unix:///PATH (default 127.0.0.1:11434)',
  ),
  modelsFolder: setting(
    'OLLAMA_MODELS',
    parseText,
    modelsFolder,
    'Folder that holds the models (default ~/.ollama/models)',
  ),
  extraModelsFolders: setting(
    'OLLAMA_MODELS_EXTRA',
    pathsParser(process.platform),
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
} as const;
