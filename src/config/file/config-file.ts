import type { ModelOptions } from '../../api/options/options.ts';

/** What the file says of one model. */
export interface ModelSettings {
  /** Milliseconds; Infinity = for ever. */
  readonly keepAliveMs?: number;
  /** Requests it answers at the same time. */
  readonly numParallel?: number;
  /** Never unloaded for another model. */
  readonly pin: boolean;
  /** Loaded when the server starts. */
  readonly preload: boolean;
  readonly options: ModelOptions;
}

/** Another name for a model, or for another alias. */
export interface Alias {
  /** Short, with its tag. */
  readonly name: string;
  /** Name of what it stands for, short, with its tag. */
  readonly target: string;
  readonly keepAliveMs?: number;
  readonly options: ModelOptions;
}

/** A config file, checked. */
export interface ConfigFile {
  /** Texts of settings, by the variable's name. */
  readonly values: ReadonlyMap<string, string>;
  /** By `nameKey`. */
  readonly models: ReadonlyMap<string, ModelSettings & { readonly name: string }>;
  /** By `nameKey`; without cycles. */
  readonly aliases: ReadonlyMap<string, Alias>;
}

export const emptyConfigFile: ConfigFile = { values: new Map(), models: new Map(), aliases: new Map() };
