/** Finds the server's log on this machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { LOG_FILE_NAME, logsFolder } from '../../config/log-files.ts';

export type LogPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'journal' }
  | { readonly kind: 'none' };

export interface LogPlaceFacts {
  /** Absolute path in OLLAMA_LOG_FILE; "" = not set. */
  readonly logFile: string;
  readonly environment: Environment;
  readonly platform?: NodeJS.Platform;
  /** Folder that contains `run` and `etc`; "/" unless given. */
  readonly root?: string;
}

export const JOURNAL_UNIT = 'ollama';
/** Exists while systemd runs; see sd_booted(3). */
const SYSTEMD_MARK = 'run/systemd/system';
const unitFolders = ['etc/systemd/system', 'usr/lib/systemd/system', 'lib/systemd/system'];

/** Looks for the configured file, then for systemd's journal, then for the file that a server on macOS or Windows writes. */
export function findLog({
  logFile,
  environment,
  platform = process.platform,
  root = '/',
}: LogPlaceFacts): LogPlace {
  if (logFile !== '' && existsSync(logFile)) return { kind: 'file', path: logFile };
  const runsSystemd = platform === 'linux' && existsSync(join(root, SYSTEMD_MARK));
  const unit = `${JOURNAL_UNIT}.service`;
  if (runsSystemd && unitFolders.some((folder) => existsSync(join(root, folder, unit)))) {
    return { kind: 'journal' };
  }
  const usual = join(logsFolder(environment, platform), LOG_FILE_NAME);
  return existsSync(usual) ? { kind: 'file', path: usual } : { kind: 'none' };
}
