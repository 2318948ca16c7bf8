import type { Capability } from '../../api/common.ts';
import type { CreateKeyRequest } from '../../api/keys.ts';
import type { ModelOptions } from '../../api/options/options.ts';

/** The file's settings for one model. */
export interface ModelSettings {
  /** Milliseconds; Infinity = forever. */
  readonly keepAliveMs?: number;
  /** Number of requests that it answers at the same time. */
  readonly numParallel?: number;
  /** Whether it is never unloaded for another model. */
  readonly pin: boolean;
  /** Whether to load it when the server starts. */
  readonly preload: boolean;
  readonly options: ModelOptions;
}

/** Another name for a model or for another alias. */
export interface Alias {
  /** Short, with its tag. */
  readonly name: string;
  /** Name of the model or alias that it stands for: short, with its tag. */
  readonly target: string;
  readonly keepAliveMs?: number;
  readonly options: ModelOptions;
}

/** An API key that the file declares. */
export interface ConfiguredKey {
  readonly name: string;
  /** SHA-256 of the key, in hexadecimal digits. */
  readonly hash: string;
  /** Milliseconds since the epoch; absent = never. */
  readonly expiresAt?: number;
  /** What it may do, as it was written. */
  readonly grants: Omit<CreateKeyRequest, 'name' | 'expires'>;
}

/** A model, or several, for which an upstream answers. */
export interface UpstreamModel {
  /** A name as clients write it, or a pattern with `*`. */
  readonly pattern: string;
  /** Its name there; `*` stands for what the `*` of the pattern matched. Absent = the same. */
  readonly as?: string;
  /** How long the line here may be before the upstream is asked, in milliseconds; absent = it is always asked. */
  readonly overflowMs?: number;
  readonly capabilities: readonly Capability[];
}

/** Another server that answers for models. */
export interface ConfiguredUpstream {
  readonly name: string;
  /** Base of its API, without a slash at the end. */
  readonly url: string;
  readonly kind: 'openai' | 'ollama' | 'anthropic';
  /** Where its key is; absent = it needs none. */
  readonly keyFile?: string;
  readonly keyVariable?: string;
  readonly models: readonly UpstreamModel[];
  /** Maximum number of requests at a time. */
  readonly limit: number;
  readonly priority: number;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** File with further certificate authorities. */
  readonly ca?: string;
  /** Whether it understands more than its API has. */
  readonly extensions: boolean;
}

/** A checked config file. */
export interface ConfigFile {
  /** Texts of settings, keyed by the variable's name. */
  readonly values: ReadonlyMap<string, string>;
  /** Keyed by `nameKey`. */
  readonly models: ReadonlyMap<string, ModelSettings & { readonly name: string }>;
  /** Keyed by `nameKey`; without cycles. */
  readonly aliases: ReadonlyMap<string, Alias>;
  readonly keys: readonly ConfiguredKey[];
  readonly upstreams: readonly ConfiguredUpstream[];
}

export const emptyConfigFile: ConfigFile = {
  values: new Map(),
  models: new Map(),
  aliases: new Map(),
  keys: [],
  upstreams: [],
};
