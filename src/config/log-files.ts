/** Where the server's log files are. */
import { basename, dirname, extname, join } from 'node:path';
import { systemPath } from '../platform/system-path.ts';
import { type Environment, localFolder, userFolder } from './environment.ts';

/** Number of older files that are kept beside the current one, as in Ollama's desktop programs. */
export const OLD_LOG_FILES = 5;
export const LOG_FILE_NAME = 'server.log';

/** Where Ollama's desktop programs write logs, and the folder of log files that are named without one. */
export function logsFolder(environment: Environment, platform: NodeJS.Platform = process.platform): string {
  const { join } = systemPath(platform);
  if (platform === 'win32') return join(localFolder(environment, platform), 'Ollama');
  return join(userFolder(environment, platform), 'logs');
}

/** @returns an absolute path; "" for none */
export function logFilePath(
  text: string,
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): string {
  return text === '' ? '' : systemPath(platform).resolve(logsFolder(environment, platform), text);
}

/** The name of an older log file: "server-1.log" precedes "server.log". @param age 1 or more */
export function olderLogFile(path: string, age: number): string {
  const extension = extname(path);
  return join(dirname(path), `${basename(path, extension)}-${age}${extension}`);
}
