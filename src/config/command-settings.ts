/** Which settings a command uses, for its help and for the warnings that it prints. */
import { type SettingKey, settings } from './settings.ts';

export type SettingsUser = 'serve' | 'run' | 'client' | 'config' | 'backend' | 'logs';

/** How a command reaches the server. */
const connection = ['host', 'tlsAuthority', 'tlsClientCertificate', 'tlsClientKey'] as const;

const keysByUser: Readonly<Record<SettingsUser, readonly SettingKey[]>> = {
  serve: [
    'logLevel',
    'logFile',
    'debugLogRequests',
    'metrics',
    'llamaCppMetrics',
    'kvEvents',
    'kvEventsReplay',
    'kvEventsTopic',
    'kvEventsModels',
    'kvEventsBlockSize',
    'kvEventsSeed',
    'usage',
    'uiChats',
    'auditLog',
    'configFile',
    'host',
    'listen',
    'tlsCertificate',
    'tlsKey',
    'tlsClientAuthority',
    'contextLength',
    'contextGrow',
    'contextMax',
    'deterministic',
    'keepAliveMs',
    'maxLoadedModels',
    'maxQueue',
    'swapMaxWaitMs',
    'drainTimeoutMs',
    'drainGraceMs',
    'shutdownTimeoutMs',
    'preload',
    'pin',
    'modelsFolder',
    'extraModelsFolders',
    'numParallel',
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
    'requireKey',
    'origins',
    'templateChoice',
    'repack',
    'flashAttention',
    'draftModels',
    'kvCacheType',
    'grammarMatcher',
    'kvCacheFolder',
    'kvCacheDiskBytes',
    'kvCacheRamBytes',
    'keepLogits',
    'memoryLimitBytes',
    'hugePages',
    'loadTimeoutMs',
    'runnerTimeoutMs',
    'llmLibrary',
    'vulkan',
    'integratedGpus',
    'spread',
    'gpuOverheadBytes',
  ],
  run: ['editor', ...connection, 'noHistory', 'configFile'],
  client: [...connection, 'configFile'],
  config: ['configFile'],
  backend: ['configFile'],
  logs: ['logFile', 'configFile'],
};

export function keysOf(user: SettingsUser): readonly SettingKey[] {
  return keysByUser[user];
}

export interface SettingHelp {
  /** The environment variable. */
  readonly name: string;
  readonly help: string;
}

export function settingsFor(user: SettingsUser): SettingHelp[] {
  return keysOf(user).map((key) => ({ name: settings[key].name, help: settings[key].help }));
}

/** Returns those of `readConfig`'s warnings that concern this user's settings. */
export function warningsFor(user: SettingsUser, warnings: readonly string[]): string[] {
  const names = settingsFor(user).map(({ name }) => name);
  return warnings.filter((warning) => names.some((name) => warning.startsWith(`${name}:`)));
}
