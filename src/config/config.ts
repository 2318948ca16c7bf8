import { join } from 'node:path';
import { type HostAddress, parseHost } from './host.ts';
import {
  type Environment,
  type FlashAttention,
  type KvCacheType,
  type LlmLibrary,
  type Setting,
  settings,
  type TemplateChoice,
  userFolder,
} from './settings.ts';
import { cleanValue, type LogLevel } from './values.ts';

/** All settings, read once from the environment. */
export interface Config {
  readonly host: HostAddress;
  readonly modelsFolder: string;
  /** Milliseconds; Infinity = for ever. */
  readonly keepAliveMs: number;
  /** Milliseconds; Infinity = no limit. */
  readonly loadTimeoutMs: number;
  /** Milliseconds; Infinity = no limit. */
  readonly runnerTimeoutMs: number;
  /** 0 = automatic. */
  readonly numParallel: number;
  /** 0 = automatic. */
  readonly maxLoadedModels: number;
  readonly maxQueue: number;
  /** Tokens. */
  readonly contextLength: number;
  readonly flashAttention: FlashAttention;
  readonly kvCacheType: KvCacheType;
  readonly kvCacheFolder: string;
  /** Bytes in that folder; 0 = nothing is kept there. */
  readonly kvCacheDiskBytes: number;
  /** Bytes of each loaded model; 0 = none. */
  readonly kvCacheRamBytes: number;
  readonly llmLibrary: LlmLibrary;
  readonly vulkan: boolean;
  readonly integratedGpus: boolean;
  readonly schedSpread: boolean;
  /** Bytes to leave free on each GPU. */
  readonly gpuOverheadBytes: number;
  /** The folder of the installed libraries for GPUs. */
  readonly backendsFolder: string;
  readonly templateChoice: TemplateChoice;
  readonly origins: readonly string[];
  readonly noPrune: boolean;
  readonly noHistory: boolean;
  readonly logLevel: LogLevel;
}

/** Never throws: what cannot be read gives the default and a warning to be logged. */
export function readConfig(environment: Environment): { config: Config; warnings: string[] } {
  const warnings: string[] = [];
  const read = <T>(setting: Setting<T>): T => {
    const text = cleanValue(environment[setting.name]);
    const fallback = setting.default(environment);
    if (text === '') return fallback;
    const { value, warning } = setting.parse(text, fallback);
    if (warning) warnings.push(`${setting.name}: ${warning}`);
    return value;
  };
  const { address, warning } = parseHost(read(settings.host));
  if (warning) warnings.push(`${settings.host.name}: ${warning}`);
  const config: Config = {
    host: address,
    modelsFolder: read(settings.modelsFolder),
    keepAliveMs: read(settings.keepAliveMs),
    loadTimeoutMs: read(settings.loadTimeoutMs),
    runnerTimeoutMs: read(settings.runnerTimeoutMs),
    numParallel: read(settings.numParallel),
    maxLoadedModels: read(settings.maxLoadedModels),
    maxQueue: read(settings.maxQueue),
    contextLength: read(settings.contextLength) || settings.contextLength.default(environment),
    flashAttention: read(settings.flashAttention),
    kvCacheType: read(settings.kvCacheType),
    kvCacheFolder: read(settings.kvCacheFolder),
    kvCacheDiskBytes: read(settings.kvCacheDiskBytes),
    kvCacheRamBytes: read(settings.kvCacheRamBytes),
    llmLibrary: read(settings.llmLibrary),
    vulkan: read(settings.vulkan),
    integratedGpus: read(settings.integratedGpus),
    schedSpread: read(settings.schedSpread),
    gpuOverheadBytes: read(settings.gpuOverheadBytes),
    backendsFolder: join(userFolder(environment), 'backends'),
    templateChoice: read(settings.templateChoice),
    origins: read(settings.origins),
    noPrune: read(settings.noPrune),
    noHistory: read(settings.noHistory),
    logLevel: read(settings.logLevel),
  };
  return { config, warnings };
}
