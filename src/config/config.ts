import { join } from 'node:path';
import type {
  ContextGrow,
  DraftModels,
  FlashAttention,
  GrammarMatcher,
  HugePagesChoice,
  KvCacheType,
  LlmLibrary,
  TemplateChoice,
} from './choices.ts';
import { type Environment, userFolder } from './environment.ts';
import type { HostAddress } from './host.ts';
import { logFilePath } from './log-files.ts';
import type { Setting } from './setting.ts';
import { type KvEventsConfig, readKvEvents } from './settings/kv-events.ts';
import { type ListeningConfig, readListening } from './settings/listening.ts';
import { readTrust, type TrustConfig } from './settings/network.ts';
import { type RecordsConfig, readRecords } from './settings/records.ts';
import { settings } from './settings.ts';
import { type SettingValue, valueText } from './value-text.ts';
import { cleanValue, type LogLevel } from './values.ts';

/** The values of all settings. */
export interface Config extends KvEventsConfig, ListeningConfig, RecordsConfig, TrustConfig {
  readonly configFile: string;
  readonly host: HostAddress;
  readonly modelsFolder: string;
  /** Read-only folders. */
  readonly extraModelsFolders: readonly string[];
  /** Milliseconds; Infinity = forever. */
  readonly keepAliveMs: number;
  /** Milliseconds; Infinity = no limit. */
  readonly loadTimeoutMs: number;
  /** Milliseconds; Infinity = no limit. */
  readonly runnerTimeoutMs: number;
  /** 0 = auto. */
  readonly numParallel: number;
  /** 0 = auto. */
  readonly maxLoadedModels: number;
  readonly maxQueue: number;
  /** Milliseconds; Infinity = forever. */
  readonly swapMaxWaitMs: number;
  /** Milliseconds; Infinity = no limit. */
  readonly drainTimeoutMs: number;
  /** Milliseconds. */
  readonly drainGraceMs: number;
  /** Milliseconds; Infinity = until all requests have finished. */
  readonly shutdownTimeoutMs: number;
  /** Folder for notes about running processes. */
  readonly runFolder: string;
  /** Model names. */
  readonly preload: readonly string[];
  readonly pin: readonly string[];
  /** Tokens; 0 = auto. */
  readonly contextLength: number;
  readonly contextGrow: ContextGrow;
  /** Tokens; 0 = auto. */
  readonly contextMax: number;
  readonly deterministic: boolean;
  /** Whether models are loaded from converted copies where their types are slow. */
  readonly repack: boolean;
  readonly flashAttention: FlashAttention;
  readonly draftModels: DraftModels;
  readonly kvCacheType: KvCacheType;
  readonly grammarMatcher: GrammarMatcher;
  readonly kvCacheFolder: string;
  /** Maximum bytes in `kvCacheFolder`; 0 = nothing is kept there. */
  readonly kvCacheDiskBytes: number;
  /** Bytes per loaded model; 0 = off. */
  readonly kvCacheRamBytes: number;
  readonly keepLogits: boolean;
  /** Bytes for all models together; Infinity = no limit but the system's memory. */
  readonly memoryLimitBytes: number;
  readonly hugePages: HugePagesChoice;
  readonly llmLibrary: LlmLibrary;
  readonly vulkan: boolean;
  readonly integratedGpus: boolean;
  readonly spread: boolean;
  /** Bytes to leave free on each GPU. */
  readonly gpuOverheadBytes: number;
  /** Folder of the installed GPU libraries. */
  readonly backendsFolder: string;
  readonly templateChoice: TemplateChoice;
  readonly origins: readonly string[];
  /** Each is "<registry host>=<mirror origin>". */
  readonly registryMirrors: readonly string[];
  /** Hosts, addresses and ranges that clients on other machines may use as registries although they are private. */
  readonly privateRegistries: readonly string[];
  /** Hosts, addresses and ranges from which pictures of requests may be fetched. */
  readonly fetchImages: readonly string[];
  readonly registryCache: boolean;
  /** Whether to show the web page. */
  readonly ui: boolean;
  /** Connections per pull. */
  readonly pullStreams: number;
  /** Bytes per second for all pulls together; 0 = no limit. */
  readonly pullRateBytes: number;
  readonly noPrune: boolean;
  /** Absolute path; "" = there is no audit log. */
  readonly auditLog: string;
  /** "" if not set. */
  readonly editor: string;
  readonly noHistory: boolean;
  readonly logLevel: LogLevel;
  /** Absolute path; "" = none. */
  readonly logFile: string;
  readonly debugLogRequests: boolean;
  readonly metrics: boolean;
  readonly llamaCppMetrics: boolean;
}

type SettingSource = 'default' | 'environment' | 'file';

export interface ReadSettings {
  readonly config: Config;
  readonly warnings: string[];
  /** Where each value came from, keyed by the variable's name. */
  readonly sources: ReadonlyMap<string, SettingSource>;
}

/**
 * Reads all settings. Never throws: for a variable that cannot be parsed it uses the file's value, or the default, and
 * returns a warning to be logged.
 * @param file checked values of a config file, keyed by the variable's name
 */
export function readConfig(
  environment: Environment,
  file: ReadonlyMap<string, string> = new Map(),
): ReadSettings {
  const warnings: string[] = [];
  const sources = new Map<string, SettingSource>();
  const readFile = <T>(setting: Setting<T>): T => {
    const text = file.get(setting.name) ?? '';
    sources.set(setting.name, text === '' ? 'default' : 'file');
    const fallback = setting.default(environment);
    return text === '' ? fallback : setting.parse(text, fallback).value;
  };
  const read = <T extends SettingValue>(setting: Setting<T>): T => {
    const fallback = readFile(setting);
    const text = cleanValue(environment[setting.name]);
    if (text === '') return fallback;
    const { name, parse, words } = setting;
    const { value, warning } = parse(text, fallback);
    if (warning) warnings.push(`${name}: ${warning}, using ${valueText(value, parse.form, words)}`);
    if (!warning || value !== fallback) sources.set(name, 'environment');
    return value;
  };
  return { config: configOf(read, environment), warnings, sources };
}

/** Reads each setting by its name. */
function configOf(
  read: <T extends SettingValue>(setting: Setting<T>) => T,
  environment: Environment,
): Config {
  return {
    ...{ ...readListening(read), ...readKvEvents(read) },
    configFile: read(settings.configFile),
    host: read(settings.host),
    modelsFolder: read(settings.modelsFolder),
    extraModelsFolders: read(settings.extraModelsFolders),
    keepAliveMs: read(settings.keepAliveMs),
    loadTimeoutMs: read(settings.loadTimeoutMs),
    runnerTimeoutMs: read(settings.runnerTimeoutMs),
    numParallel: read(settings.numParallel),
    maxLoadedModels: read(settings.maxLoadedModels),
    maxQueue: read(settings.maxQueue),
    swapMaxWaitMs: read(settings.swapMaxWaitMs),
    drainTimeoutMs: read(settings.drainTimeoutMs),
    drainGraceMs: read(settings.drainGraceMs),
    shutdownTimeoutMs: read(settings.shutdownTimeoutMs),
    runFolder: join(userFolder(environment), 'run'),
    preload: read(settings.preload),
    pin: read(settings.pin),
    contextLength: read(settings.contextLength),
    contextGrow: read(settings.contextGrow),
    contextMax: read(settings.contextMax),
    deterministic: read(settings.deterministic),
    repack: read(settings.repack),
    flashAttention: read(settings.flashAttention),
    draftModels: read(settings.draftModels),
    kvCacheType: read(settings.kvCacheType),
    grammarMatcher: read(settings.grammarMatcher),
    kvCacheFolder: read(settings.kvCacheFolder),
    kvCacheDiskBytes: read(settings.kvCacheDiskBytes),
    kvCacheRamBytes: read(settings.kvCacheRamBytes),
    keepLogits: read(settings.keepLogits),
    memoryLimitBytes: read(settings.memoryLimitBytes) || Number.POSITIVE_INFINITY,
    hugePages: read(settings.hugePages),
    llmLibrary: read(settings.llmLibrary),
    vulkan: read(settings.vulkan),
    integratedGpus: read(settings.integratedGpus),
    spread: read(settings.spread),
    gpuOverheadBytes: read(settings.gpuOverheadBytes),
    backendsFolder: join(userFolder(environment), 'backends'),
    templateChoice: read(settings.templateChoice),
    origins: read(settings.origins),
    registryMirrors: read(settings.registryMirrors),
    privateRegistries: read(settings.privateRegistries),
    fetchImages: read(settings.fetchImages),
    registryCache: read(settings.registryCache),
    ui: read(settings.ui),
    ...readTrust(read),
    pullStreams: read(settings.pullStreams),
    pullRateBytes: read(settings.pullRateBytes),
    noPrune: read(settings.noPrune),
    ...readRecords(read),
    auditLog: logFilePath(read(settings.auditLog), environment),
    editor: read(settings.editor),
    noHistory: read(settings.noHistory),
    logLevel: read(settings.logLevel),
    logFile: logFilePath(read(settings.logFile), environment),
    debugLogRequests: read(settings.debugLogRequests),
    metrics: read(settings.metrics),
    llamaCppMetrics: read(settings.llamaCppMetrics),
  };
}
