import { isDeepStrictEqual } from 'node:util';
import type { ModelOptions } from '../api/options/options.ts';
import { ModelName } from '../names/model-name.ts';
import type { Config } from './config.ts';
import type { Alias, ConfigFile, ModelSettings } from './file/config-file.ts';
import { nameKey } from './file/file-names.ts';
import { isLive, needsRestart } from './live-keys.ts';
import type { LoadedSettings } from './load-settings.ts';
import { type SettingKey, settings } from './settings.ts';

/** What a name in a request stands for. */
export interface ResolvedName {
  /** The model's own. */
  readonly name: ModelName;
  /** Short name of the alias that was asked for. */
  readonly alias?: string;
  /** Those of the model in the file, below those of its aliases. */
  readonly options: ModelOptions;
  readonly keepAliveMs?: number;
  /** Never unloaded for others. */
  readonly pinned: boolean;
}

/** Variables whose values have become other ones. */
export interface SettingsChange {
  readonly changed: readonly string[];
  /** Those that are not taken over by a running server. */
  readonly needRestart: readonly string[];
}

const keys = Object.keys(settings) as SettingKey[];
const plainSettings: ModelSettings = { pin: false, preload: false, options: {} };

/** The settings of a running server: whoever reads them at each use sees the ones of now. */
export class LiveSettings {
  /** Like a `Config`, but each property is read when it is asked for. */
  readonly view: Config;
  readonly #listeners = new Set<() => void>();
  #current: Config;
  #file: ConfigFile;

  constructor({ config, file }: Pick<LoadedSettings, 'config' | 'file'>) {
    this.#current = config;
    this.#file = file;
    const names = Object.keys(config) as (keyof Config)[];
    const properties = names.map((name) => [name, { enumerable: true, get: () => this.#current[name] }]);
    this.view = Object.defineProperties({}, Object.fromEntries(properties)) as Config;
  }

  get current(): Config {
    return this.#current;
  }

  /** What the file says of single models, with their short names. */
  get models(): readonly (ModelSettings & { readonly name: string })[] {
    return [...this.#file.models.values()];
  }

  get aliases(): readonly Alias[] {
    return [...this.#file.aliases.values()];
  }

  /** @param name of a model, in any spelling; aliases have no entry of their own */
  modelSettings(name: string): ModelSettings {
    const parsed = ModelName.tryParse(name);
    return (parsed && this.#file.models.get(nameKey(parsed))) ?? plainSettings;
  }

  /** Names of the models to be loaded at start: the variable's, then the file's. */
  get preloaded(): readonly string[] {
    const marked = this.models.filter(({ preload }) => preload).map(({ name }) => name);
    return [...new Set([...this.#current.preload, ...marked])];
  }

  /** Follows aliases, which win over models of the same name. */
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

  /** What is no name names no model. */
  get #pinnedNames(): ReadonlySet<string> {
    const names = this.#current.pin.map((text) => ModelName.tryParse(text));
    return new Set(names.flatMap((name) => (name ? [nameKey(name)] : [])));
  }

  /** The one that was asked for first. */
  *#aliasesOf(asked: ModelName): Generator<Alias> {
    let alias = this.#file.aliases.get(nameKey(asked));
    while (alias) {
      yield alias;
      alias = this.#file.aliases.get(nameKey(ModelName.parse(alias.target)));
    }
  }

  /** @returns what takes the listener off again */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes over what can change while running, and tells the listeners. */
  replace({ config, file }: Pick<LoadedSettings, 'config' | 'file'>): SettingsChange {
    const changed = keys.filter((key) => !isDeepStrictEqual(config[key], this.#current[key]));
    const live = Object.fromEntries(keys.filter(isLive).map((key) => [key, config[key]]));
    this.#current = { ...this.#current, ...live };
    this.#file = file;
    for (const listener of this.#listeners) listener();
    const nameOf = (key: SettingKey) => settings[key].name;
    return {
      changed: changed.filter(isLive).map(nameOf),
      needRestart: changed.filter(needsRestart).map(nameOf),
    };
  }
}
