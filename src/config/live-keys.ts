import { keysOf } from './command-settings.ts';
import type { SettingKey } from './settings.ts';

/** Settings that a running server applies to whatever begins after a change. All others need a restart. */
const liveKeys: ReadonlySet<SettingKey> = new Set([
  'keepAliveMs',
  'loadTimeoutMs',
  'runnerTimeoutMs',
  'numParallel',
  'maxLoadedModels',
  'maxQueue',
  'swapMaxWaitMs',
  'drainTimeoutMs',
  'drainGraceMs',
  'shutdownTimeoutMs',
  'memoryLimitBytes',
  'hugePages',
  'pin',
  'contextLength',
  'contextGrow',
  'contextMax',
  'deterministic',
  'flashAttention',
  'draftModels',
  'kvCacheType',
  'grammarMatcher',
  'kvCacheDiskBytes',
  'kvCacheRamBytes',
  'keepLogits',
  'requireKey',
  'origins',
  'registryCache',
  'ui',
  'requestTemplates',
  'requestGrammars',
  'pullStreams',
  'pullRateBytes',
  'noPrune',
  'registryMirrors',
  'privateRegistries',
  'fetchImages',
  'remotes',
  'uiChats',
  'logLevel',
  'debugLogRequests',
]);

export function isLive(key: SettingKey): boolean {
  return liveKeys.has(key);
}

/** Whether a new value needs a restart of the server; false for settings that the server does not use. */
export function needsRestart(key: SettingKey): boolean {
  return !isLive(key) && keysOf('serve').includes(key);
}
