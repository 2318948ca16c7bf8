import { OllamaError } from '../../base/errors.ts';
import { connectableUrl } from '../../config/host.ts';
import { LOG_FILE_NAME, logFilePath } from '../../config/log-files.ts';
import { ownProgram, startBackgroundServer } from '../autostart/background-server.ts';
import { LogonEntry, logonCommand } from '../autostart/logon-entry.ts';
import { type CommandContext, defineCommand } from '../command.ts';

const OTHER_SYSTEM =
  'this command is for Windows: docs/install.md describes the services of systemd and launchd, which start the server elsewhere';

export const autostartCommand = defineCommand({
  name: 'autostart',
  usage: 'autostart [on | off | run]',
  summary: 'Start the server at each logon (Windows)',
  arity: { min: 0, max: 1 },
  flags: {},
  completes: 'autostart',
  settings: 'client',
  needsServer: false,
  async run({ positionals: [action] }, context) {
    if (process.platform !== 'win32') throw new OllamaError('invalid-request', OTHER_SYSTEM);
    const entry = new LogonEntry(context.environment);
    const words = ownProgram(process.execPath, process.argv[1] ?? '');
    const { stdout } = context;
    switch (action) {
      case undefined:
        stdout.write((await entry.exists()) ? 'on\n' : 'off\n');
        return 0;
      case 'on':
        await entry.write(logonCommand(words));
        stdout.write('the server starts at each logon; "ollama autostart run" starts it now\n');
        return 0;
      case 'off':
        stdout.write(
          (await entry.remove()) ? 'the server no longer starts at logon\n' : 'it was off already\n',
        );
        return 0;
      case 'run':
        return runNow(words, context);
      default:
        throw new OllamaError('invalid-request', `unknown action "${action}": use on, off or run`);
    }
  },
});

async function runNow(
  words: readonly string[],
  { client, config, environment, stdout }: CommandContext,
): Promise<number> {
  const answers = () =>
    client.version().then(
      () => true,
      () => false,
    );
  const url = connectableUrl(config.host);
  if (await answers()) {
    stdout.write(`a server runs already at ${url}\n`);
    return 0;
  }
  await startBackgroundServer({ words, environment, logFile: config.logFile, answers });
  const log = config.logFile || logFilePath(LOG_FILE_NAME, environment);
  stdout.write(`the server runs at ${url}, and logs to ${log}\n`);
  return 0;
}
