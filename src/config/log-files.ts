/** Where a server's log lies when it is written into a file. */
import { basename, dirname, extname, join, resolve } from 'node:path';

/** Older files beside the one being written, as Ollama's desktop programs keep. */
export const OLD_LOG_FILES = 5;
export const LOG_FILE_NAME = 'server.log';

/** "~/.ollama/logs": what a name without a folder refers to. */
export function logsFolder(userFolder: string): string {
  return join(userFolder, 'logs');
}

/** @returns absolute path; "" for none */
export function logFilePath(text: string, userFolder: string): string {
  return text === '' ? '' : resolve(logsFolder(userFolder), text);
}

/** "server-1.log" is the one before "server.log". @param age from 1 on */
export function olderLogFile(path: string, age: number): string {
  const extension = extname(path);
  return join(dirname(path), `${basename(path, extension)}-${age}${extension}`);
}
