import type { Environment } from '../../config/environment.ts';
import type { FileChange } from './files/file-change.ts';

/** What an integration needs to know about a model. */
export interface LaunchModel {
  readonly name: string;
  /** Tokens that a conversation may have; undefined if the server does not say. */
  readonly contextLength?: number;
  readonly hasTools: boolean;
  readonly hasVision: boolean;
  readonly hasThinking: boolean;
  /** For example "gptoss". */
  readonly family: string;
}

/** Where and with what a program is started. */
export interface LaunchSetup {
  readonly model: LaunchModel;
  /** All models to offer; the first one is `model`. */
  readonly models: readonly LaunchModel[];
  /** Address of the server, without a slash at the end. */
  readonly host: string;
  /** Arguments for the program. */
  readonly args: readonly string[];
  /** The user's home folder. */
  readonly home: string;
  readonly environment: Environment;
  /** This machine's unless given. */
  readonly platform?: NodeJS.Platform;
}

/** A variable without a value is removed from the environment. */
export type EnvironmentChange = Readonly<Record<string, string | undefined>>;

export interface ProgramCall {
  readonly args: readonly string[];
  readonly env?: EnvironmentChange;
}

/** A program that has to listen before the main one starts. */
export interface Companion extends ProgramCall {
  /** Port on this machine where it listens. */
  readonly port: number;
  /** Run instead if something listens on the port already; its failure is no failure of the launch. */
  readonly refresh: ProgramCall;
}

/** How one launch is done. Planning has no effects. */
export interface LaunchPlan extends ProgramCall {
  readonly files?: readonly FileChange[];
  /** Calls of the same program before the main one. */
  readonly before?: readonly ProgramCall[];
  readonly companion?: Companion;
}

/** How a program is found and what is asked of it. */
export interface ProgramFacts {
  /** Names of the executable, best first. */
  readonly names: readonly string[];
  /**
   * Where installers put it when they do not change the PATH; below the home folder unless absolute, or below a folder of Windows that
   * a variable names, as in "%LOCALAPPDATA%/Programs".
   */
  readonly places?: readonly string[];
  /** What to do if it is not installed: a command or an address. */
  readonly install: string;
  /** Oldest version that works, as "1.2.3", and how to get a newer one. */
  readonly oldest?: { readonly version: string; readonly update: string };
}

interface Named {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly aliases?: readonly string[];
  /** Left out of the menu, as in Ollama. */
  readonly isHidden?: boolean;
}

/** A program that `ollama launch` can start. */
export interface Integration extends Named {
  readonly program: ProgramFacts;
  /** Whether it offers several models at once. */
  readonly takesManyModels?: boolean;
  /** Whether the state file notes that it has been set up, as Ollama does. */
  readonly isOnboarded?: boolean;
  /** Whether it changes files, so that there is something to restore. */
  readonly changesFiles: boolean;
  /** Whether the launch passes the server's key to it in its environment. */
  readonly takesKey?: boolean;
  /** What the user has to agree to before the first start; undefined if nothing. */
  readonly consent?: (setup: LaunchSetup) => Promise<string | undefined>;
  /** @throws OllamaError for arguments that contradict what the launch sets */
  readonly plan: (setup: LaunchSetup) => LaunchPlan | Promise<LaunchPlan>;
}

/** A program that Ollama's desktop application drives, and that cannot be started from here. */
export interface AbsentIntegration extends Named {
  /** One line: why, and what to use instead. */
  readonly absence: string;
}

export type KnownIntegration = Integration | AbsentIntegration;

export function isAbsent(integration: KnownIntegration): integration is AbsentIntegration {
  return 'absence' in integration;
}
