/** The clients that the server trusts, what requests may set, and the sources of models. */
import { parseRequireKey, type RequireKey } from '../choices.ts';
import { parseMirrors } from '../mirror-setting.ts';
import { parseImageHosts, parsePrivateRegistries } from '../private-registries.ts';
import { type Setting, setting } from '../setting.ts';
import type { SettingValue } from '../value-text.ts';
import { countUpTo, parseBoolean, parseBytes, parseList, parseNames } from '../values.ts';

/** Registries refuse more connections from one address; each connection takes a few megabytes of memory. */
const MAX_PULL_STREAMS = 16;

export const networkSettings = {
  requireKey: setting(
    'OLLAMA_REQUIRE_KEY',
    parseRequireKey,
    'auto',
    'Whether requests need an API key: auto = as soon as one exists, on, off (default auto)',
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
  fetchImages: setting(
    'OLLAMA_FETCH_IMAGES',
    parseImageHosts,
    [],
    'Hosts from which the server fetches images and PDF files that requests name by URL: hosts, addresses or ranges, separated by commas (default none)',
  ),
  remotes: setting(
    'OLLAMA_REMOTES',
    parseNames,
    ['ollama.com'],
    'Hosts that a model of the store may name as the server that answers for it, separated by commas (default ollama.com)',
  ),
  registryCache: setting(
    'OLLAMA_REGISTRY_CACHE',
    parseBoolean,
    false,
    'Whether to act as a registry for other machines: serve local models, and fetch requested ones (default off)',
  ),
  ui: setting('OLLAMA_UI', parseBoolean, true, 'Whether to show the web page to browsers (default on)'),
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
} as const;

/** What requests need, and what they may set. */
export interface TrustConfig {
  readonly requireKey: RequireKey;
  /** Whether requests may contain `template`. */
  readonly requestTemplates: boolean;
  /** Whether requests may contain the option `grammar`. */
  readonly requestGrammars: boolean;
  /** Hosts that stored models may name as the servers that answer for them. */
  readonly remotes: readonly string[];
}

export function readTrust(read: <T extends SettingValue>(setting: Setting<T>) => T): TrustConfig {
  const { requireKey, requestTemplates, requestGrammars, remotes } = networkSettings;
  return {
    requireKey: read(requireKey),
    requestTemplates: read(requestTemplates),
    requestGrammars: read(requestGrammars),
    remotes: read(remotes),
  };
}
