/** The variables that a program was started with, and the defaults of settings that depend on them or on the machine. */
import { homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { GIB } from '../base/units.ts';
import { systemPath } from '../platform/system-path.ts';
import { cleanValue } from './values.ts';

/** Variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder that `~` stands for. On Windows, Git Bash sets HOME as well, but other programs know only USERPROFILE. */
export function homeFolder(
  { HOME, USERPROFILE }: Environment,
  platform: NodeJS.Platform = process.platform,
): string {
  const [first, second] = platform === 'win32' ? [USERPROFILE, HOME] : [HOME, USERPROFILE];
  return cleanValue(first) || cleanValue(second) || homedir();
}

/** The folder of the user's Ollama files, "~/.ollama". */
export function userFolder(environment: Environment, platform: NodeJS.Platform = process.platform): string {
  return systemPath(platform).join(homeFolder(environment, platform), '.ollama');
}

/** The folder for what stays on one machine: "C:\\Users\\NAME\\AppData\\Local" on Windows. */
export function localFolder(environment: Environment, platform: NodeJS.Platform = process.platform): string {
  const { join } = systemPath(platform);
  return cleanValue(environment.LOCALAPPDATA) || join(homeFolder(environment, platform), 'AppData', 'Local');
}

/**
 * The key of the server that commands talk to, from OLLAMA_API_KEY; "" = none. It is not a setting, because settings are
 * shown and logged.
 */
export function apiKeyOf(environment: Environment): string {
  return cleanValue(environment.OLLAMA_API_KEY);
}

/** Share of the memory that this process may use. It is small because most memory is for models. */
const KV_CACHE_RAM_PART = 0.1;

export const kvCacheFolder = (environment: Environment) => join(userFolder(environment), 'kv-cache');

/** A tenth of the memory that this process may use, at most 1 GiB. */
export function defaultKvCacheRam(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.min(GIB, Math.floor(memory * KV_CACHE_RAM_PART));
}

export const modelsFolder = (environment: Environment) => join(userFolder(environment), 'models');

export const configFile = (environment: Environment) => join(userFolder(environment), 'config.yaml');
