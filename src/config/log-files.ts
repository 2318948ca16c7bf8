/** Where the server's log files are. */
import { basename, dirname, extname, join, resolve } from 'node:path';

/** Number of older files that are kept beside the current one, as in Ollama's desktop programs. */
export const OLD_LOG_FILES = 5;
export const LOG_FILE_NAME = 'server.log';

/** "~/.ollama/logs": the folder of log files that are named without one. */
export function logsFolder(userFolder: string): string {
  return join(userFolder, 'logs');
}

/** @returns an absolute path; "" for none */
export function logFilePath(text: string, userFolder: string): string {
  return text === '' ? '' : resolve(logsFolder(userFolder), text);
}

/** The name of an older log file: "server-1.log" precedes "server.log". @param age 1 or more */
export function olderLogFile(path: string, age: number): string {
  const extension = extname(path);
  return join(dirname(path), `${basename(path, extension)}-${age}${extension}`);
}
