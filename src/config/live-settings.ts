import { isDeepStrictEqual } from 'node:util';
import type { ModelOptions } from '../api/options/options.ts';
import { ModelName } from '../names/model-name.ts';
import type { Config } from './config.ts';
import type {
  Alias,
  ConfigFile,
  ConfiguredKey,
  ConfiguredUpstream,
  ModelSettings,
} from './file/config-file.ts';
import { nameKey } from './file/file-names.ts';
import { isLive, needsRestart } from './live-keys.ts';
import type { LoadedSettings } from './load-settings.ts';
import { type SettingKey, settings } from './settings.ts';

/** The model, options and keep-alive time that a name in a request resolves to. */
export interface ResolvedName {
  /** The model's own name. */
  readonly name: ModelName;
  /** Short name of the requested alias. */
  readonly alias?: string;
  /** The model's options in the file, overridden by those of its aliases. */
  readonly options: ModelOptions;
  readonly keepAliveMs?: number;
  /** Never unloaded for another model. */
  readonly pinned: boolean;
}

/** Names of variables whose values have changed. */
export interface SettingsChange {
  readonly changed: readonly string[];
  /** Changed settings that a running server cannot apply. */
  readonly needRestart: readonly string[];
}

/** What settings are made from; those of tests come from nowhere. */
type LiveSource = Pick<LoadedSettings, 'config' | 'file'> & Partial<Pick<LoadedSettings, 'sources' | 'path'>>;

const keys = Object.keys(settings) as SettingKey[];
const plainSettings: ModelSettings = { pin: false, preload: false, options: {} };

/** The settings of a running server. Code that reads them at each use sees the current values. */
export class LiveSettings {
  /** A `Config` whose properties always return the current values. */
  readonly view: Config;
  readonly #listeners = new Set<() => void>();
  /** Path of the config file, whether or not it exists; undefined = the settings were not read from files. */
  readonly path: string | undefined;
  #current: Config;
  #sources: LoadedSettings['sources'];
  #file: ConfigFile;

  constructor({ config, file, sources, path }: LiveSource) {
    this.#current = config;
    this.#file = file;
    this.#sources = sources ?? new Map();
    this.path = path;
    const names = Object.keys(config) as (keyof Config)[];
    const properties = names.map((name) => [name, { enumerable: true, get: () => this.#current[name] }]);
    this.view = Object.defineProperties({}, Object.fromEntries(properties)) as Config;
  }

  get current(): Config {
    return this.#current;
  }

  /** Where each value came from, keyed by the variable's name. */
  get sources(): LoadedSettings['sources'] {
    return this.#sources;
  }

  /** The file's settings for individual models, with their short names. */
  get models(): readonly (ModelSettings & { readonly name: string })[] {
    return [...this.#file.models.values()];
  }

  /** The API keys of the file. */
  get configuredKeys(): readonly ConfiguredKey[] {
    return this.#file.keys;
  }

  /** The other servers that answer for models. */
  get upstreams(): readonly ConfiguredUpstream[] {
    return this.#file.upstreams;
  }

  get aliases(): readonly Alias[] {
    return [...this.#file.aliases.values()];
  }

  /** @param name a model's name in any spelling; aliases have no model settings */
  modelSettings(name: string): ModelSettings {
    const parsed = ModelName.tryParse(name);
    return (parsed && this.#file.models.get(nameKey(parsed))) ?? plainSettings;
  }

  /** Names of the models to load at startup: first the variable's, then the file's. */
  get preloaded(): readonly string[] {
    const marked = this.models.filter(({ preload }) => preload).map(({ name }) => name);
    return [...new Set([...this.#current.preload, ...marked])];
  }

  /** Follows aliases, which take precedence over models of the same name. */
  resolve(asked: ModelName): ResolvedName {
    const aliases = [...this.#aliasesOf(asked)];
    const target = aliases.at(-1)?.target;
    const name = target === undefined ? asked : ModelName.parse(target);
    const { numParallel, ...model } = this.modelSettings(name.full);
    const slots = numParallel === undefined ? {} : { num_parallel: numParallel };
    const sources = [slots, model.options, ...aliases.map((alias) => alias.options).reverse()];
    const options: ModelOptions = Object.assign({}, ...sources);
    const keepAliveMs = [...aliases, model].find((entry) => entry.keepAliveMs !== undefined)?.keepAliveMs;
    return {
      name,
      ...(aliases[0] && { alias: aliases[0].name }),
      options,
      pinned: model.pin || this.#pinnedNames.has(nameKey(name)),
      ...(keepAliveMs !== undefined && { keepAliveMs }),
    };
  }

  /** Skips entries that are not valid model names. */
  get #pinnedNames(): ReadonlySet<string> {
    const names = this.#current.pin.map((text) => ModelName.tryParse(text));
    return new Set(names.flatMap((name) => (name ? [nameKey(name)] : [])));
  }

  /** Yields the requested alias first, then the aliases that it leads to. */
  *#aliasesOf(asked: ModelName): Generator<Alias> {
    let alias = this.#file.aliases.get(nameKey(asked));
    while (alias) {
      yield alias;
      alias = this.#file.aliases.get(nameKey(ModelName.parse(alias.target)));
    }
  }

  /** @returns a function that removes the listener */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Applies the settings that can change while the server runs, and calls the listeners. */
  replace({ config, file, sources }: LiveSource): SettingsChange {
    const changed = keys.filter((key) => !isDeepStrictEqual(config[key], this.#current[key]));
    const live = Object.fromEntries(keys.filter(isLive).map((key) => [key, config[key]]));
    this.#current = { ...this.#current, ...live };
    this.#file = file;
    if (sources) this.#sources = new Map([...this.#sources, ...liveOf(sources)]);
    for (const listener of this.#listeners) listener();
    const nameOf = (key: SettingKey) => settings[key].name;
    return {
      changed: changed.filter(isLive).map(nameOf),
      needRestart: changed.filter(needsRestart).map(nameOf),
    };
  }
}

/** The sources of the values that a running server takes. */
function liveOf(sources: LoadedSettings['sources']): LoadedSettings['sources'] {
  const names = new Set(keys.filter(isLive).map((key) => settings[key].name));
  return new Map([...sources].filter(([name]) => names.has(name)));
}
