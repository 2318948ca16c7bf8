import type { OllamaClient } from '../client/client.ts';
import type { SettingsUser } from '../config/command-settings.ts';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/environment.ts';
import type { LoadedSettings } from '../config/load-settings.ts';

/** Everything that a command may use. */
export interface CommandContext {
  readonly client: OllamaClient;
  readonly config: Config;
  readonly environment: Environment;
  /** The settings that `config` was read from. */
  readonly settings: LoadedSettings;
  /** Warnings about settings that could not be parsed. */
  readonly warnings: readonly string[];
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** How many positional arguments a command takes. */
export interface Arity {
  readonly min: number;
  /** Absent = any number. */
  readonly max?: number;
}

export interface Flag {
  readonly type: 'string' | 'boolean';
  /** One letter. */
  readonly short?: string;
  readonly help: string;
  /** Name of the value in the help; "string" unless given. */
  readonly placeholder?: string;
  /** Value of a string flag that is given without one (`--think`). */
  readonly optionalValue?: string;
  /** Values that shell completion offers. */
  readonly values?: readonly string[];
  /** Whether its value is a path. */
  readonly takesFile?: boolean;
}

export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandInput {
  readonly positionals: readonly string[];
  /** How many of them are before `--`; absent without it. */
  readonly beforeDashes?: number;
  readonly flags: FlagValues;
}

export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Such as "run MODEL [PROMPT]". */
  readonly usage: string;
  readonly summary: string;
  readonly arity: Arity;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Which group of settings the help shows. */
  readonly settings: SettingsUser;
  /** Whether to check that a server is running first. */
  readonly needsServer: boolean | ((input: CommandInput) => boolean);
  /** The kind of its arguments, for shell completion. */
  readonly completes?: 'models' | 'running' | 'shells' | 'integrations' | 'autostart';
  /** @returns the exit code; undefined = 0 */
  run(input: CommandInput, context: CommandContext): Promise<number | undefined>;
}

export function defineCommand(command: Command): Command {
  return command;
}

/** The text of a string flag; undefined if it was not given. */
export function textFlag(flags: FlagValues, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}
