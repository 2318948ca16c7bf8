import { OllamaError } from '../../base/errors.ts';
import { logsFolder } from '../../config/log-files.ts';
import { type CommandContext, defineCommand, textFlag } from '../command.ts';
import { journalLines } from '../logs/journal.ts';
import { prettyLogLine } from '../logs/log-line.ts';
import { findLog } from '../logs/log-source.ts';
import { logLines } from '../logs/log-tail.ts';
import { withInterrupt } from '../repl/interrupt.ts';

const DEFAULT_LINES = 100;
/** More lines than a server's log files hold. */
const MAX_LINES = 1_000_000;

const TO_TERMINAL = '"ollama serve" logs to its terminal, and also to a file if OLLAMA_LOG_FILE is set;';
const NOWHERE = `no log found: this machine has neither a systemd service "ollama" nor a log file. ${TO_TERMINAL} for a container, run "docker logs NAME"`;

/** @param folder where Windows' servers write their log */
const nowhereOnWindows = (folder: string) =>
  `no log found in ${folder}. ${TO_TERMINAL} a server that "ollama autostart" starts always has one`;

export const logsCommand = defineCommand({
  name: 'logs',
  usage: 'logs',
  summary: "Show the server's log, from the systemd service or the log file",
  arity: { min: 0, max: 0 },
  flags: {
    follow: { type: 'boolean', short: 'f', help: 'Continue with new lines until Ctrl-C' },
    lines: {
      type: 'string',
      short: 'n',
      placeholder: 'int',
      help: `Number of past lines to show (default ${DEFAULT_LINES})`,
    },
  },
  settings: 'logs',
  needsServer: false,
  async run({ flags }, context) {
    const count = lineCount(textFlag(flags, 'lines'));
    await withInterrupt(async (signal) => {
      const follow = flags.follow === true ? signal : undefined;
      for await (const line of openLog(count, follow, context)) print(line, context.stdout);
    });
    return 0;
  },
});

function lineCount(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LINES;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= MAX_LINES) return count;
  throw new OllamaError('invalid-request', `--lines must be a number from 0 to ${MAX_LINES}, not "${text}"`);
}

function openLog(
  count: number,
  follow: AbortSignal | undefined,
  { config, environment }: Pick<CommandContext, 'config' | 'environment'>,
): AsyncGenerator<string> {
  const place = findLog({ logFile: config.logFile, environment });
  if (place.kind === 'journal') return journalLines(count, follow);
  if (place.kind === 'file') return logLines(place.path, { count, follow });
  const isWindows = process.platform === 'win32';
  throw new OllamaError('not-found', isWindows ? nowhereOnWindows(logsFolder(environment)) : NOWHERE);
}

/** Formats a line for people on a terminal; other readers get it as it was written. */
function print(line: string, stdout: NodeJS.WriteStream): void {
  stdout.write(`${stdout.isTTY ? prettyLogLine(line) : line}\n`);
}
