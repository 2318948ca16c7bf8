/** Where the server's log is on this machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_FILE_NAME, logsFolder } from '../../config/log-files.ts';

export type LogPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'journal' }
  | { readonly kind: 'none' };

export interface LogPlaceFacts {
  /** What OLLAMA_LOG_FILE names, absolute; "" = nothing. */
  readonly logFile: string;
  /** "~/.ollama" */
  readonly userFolder: string;
  /** Where `run` and `etc` are found. */
  readonly root?: string;
}

export const JOURNAL_UNIT = 'ollama';
/** There while systemd runs, as its sd_booted(3) has it. */
const SYSTEMD_MARK = 'run/systemd/system';
const unitFolders = ['etc/systemd/system', 'usr/lib/systemd/system', 'lib/systemd/system'];

/** The named file first, then systemd's journal, then the file that a server on macOS and Windows writes. */
export function findLog({ logFile, userFolder, root = '/' }: LogPlaceFacts): LogPlace {
  if (logFile !== '' && existsSync(logFile)) return { kind: 'file', path: logFile };
  const runsSystemd = existsSync(join(root, SYSTEMD_MARK));
  const unit = `${JOURNAL_UNIT}.service`;
  if (runsSystemd && unitFolders.some((folder) => existsSync(join(root, folder, unit)))) {
    return { kind: 'journal' };
  }
  const usual = join(logsFolder(userFolder), LOG_FILE_NAME);
  return existsSync(usual) ? { kind: 'file', path: usual } : { kind: 'none' };
}
