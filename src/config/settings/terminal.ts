/** The interactive prompt and the logs. */
import { setting } from '../setting.ts';
import { type LogLevel, parseBoolean, parseLogLevel, parseText } from '../values.ts';

export const terminalSettings = {
  editor: setting(
    'OLLAMA_EDITOR',
    parseText,
    '',
    'Program that Ctrl+G opens at the prompt (default auto: VISUAL, EDITOR or vi; on Windows edit or notepad)',
    { empty: 'auto' },
  ),
  noHistory: setting(
    'OLLAMA_NOHISTORY',
    parseBoolean,
    false,
    'Whether to disable the history of the interactive prompt (default off)',
  ),
  logLevel: setting(
    'OLLAMA_DEBUG',
    parseLogLevel,
    'info' as LogLevel,
    'Log level: 0 = info, 1 = debug, 2 = trace (default info)',
  ),
  logFile: setting(
    'OLLAMA_LOG_FILE',
    parseText,
    '',
    'File to write the log to as well; a name without a folder means a file in ~/.ollama/logs, on Windows in %LOCALAPPDATA%\\Ollama (default none)',
  ),
  debugLogRequests: setting(
    'OLLAMA_DEBUG_LOG_REQUESTS',
    parseBoolean,
    false,
    'Whether to write the body of each model request, and a script that resends it, to a temporary folder (default off)',
  ),
} as const;
