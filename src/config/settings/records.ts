/** What the server writes down about its use. */
import { type Setting, setting } from '../setting.ts';
import type { SettingValue } from '../value-text.ts';
import { parseBoolean, parseText } from '../values.ts';

export const recordSettings = {
  usage: setting(
    'OLLAMA_USAGE',
    parseBoolean,
    true,
    'Whether to keep the numbers of requests and tokens by key, model and day, for `ollama usage` (default on)',
  ),
  uiChats: setting(
    'OLLAMA_UI_CHATS',
    parseBoolean,
    false,
    'Whether the server keeps the chats of its web page, each API key its own, so that they are on every device (default off)',
  ),
  auditLog: setting(
    'OLLAMA_AUDIT_LOG',
    parseText,
    '',
    'File for a line about each request that changes something or is refused; a name without a folder means a file in ~/.ollama/logs, on Windows in %LOCALAPPDATA%\\Ollama (default none)',
  ),
} as const;

export interface RecordsConfig {
  /** Whether usage is kept. */
  readonly usage: boolean;
  /** Whether chats of the web page are kept. */
  readonly uiChats: boolean;
}

export function readRecords(read: <T extends SettingValue>(setting: Setting<T>) => T): RecordsConfig {
  return { usage: read(recordSettings.usage), uiChats: read(recordSettings.uiChats) };
}
