import type { OllamaClient } from '../client/client.ts';
import type { SettingsUser } from '../config/command-settings.ts';
import type { Config } from '../config/config.ts';
import type { LoadedSettings } from '../config/load-settings.ts';
import type { Environment } from '../config/settings.ts';

/** What a command may touch. */
export interface CommandContext {
  readonly client: OllamaClient;
  readonly config: Config;
  readonly environment: Environment;
  /** Where `config` comes from. */
  readonly settings: LoadedSettings;
  /** Settings that could not be read. */
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
  /** What stands for the value in the help; "string" unless given. */
  readonly placeholder?: string;
  /** The value of a string flag given bare (`--think`). */
  readonly optionalValue?: string;
  /** What completion offers for its value. */
  readonly values?: readonly string[];
  /** Its value is a path. */
  readonly takesFile?: boolean;
}

export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandInput {
  readonly positionals: readonly string[];
  readonly flags: FlagValues;
}

export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** "run MODEL [PROMPT]" */
  readonly usage: string;
  readonly summary: string;
  readonly arity: Arity;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Whose settings the help shows. */
  readonly settings: SettingsUser;
  /** Ask first whether a server is there. */
  readonly needsServer: boolean;
  /** What its arguments are, for completion. */
  readonly completes?: 'models' | 'running' | 'shells';
  /** @returns exit code; 0 when absent */
  run(input: CommandInput, context: CommandContext): Promise<number | undefined>;
}

export function defineCommand(command: Command): Command {
  return command;
}

/** The text of a string flag, undefined when it was not given. */
export function textFlag(flags: FlagValues, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}
