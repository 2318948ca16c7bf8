import type { Command } from './command.ts';
import { loadServe } from './load-serve.ts';

/** A command's entry in the table. Its module is loaded only when the command runs, so that every command starts quickly. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

function entry(
  name: string,
  summary: string,
  load: () => Promise<Command>,
  aliases: readonly string[] = [],
): CommandEntry {
  return { name, aliases, summary, load };
}

/** All commands, in the order of the help. */
export const commandTable: readonly CommandEntry[] = [
  entry('serve', 'Start the server', loadServe, ['start']),
  entry(
    'create',
    'Create a model from a Modelfile',
    async () => (await import('./commands/create.ts')).createCommand,
  ),
  entry(
    'show',
    'Show information about a model',
    async () => (await import('./commands/show.ts')).showCommand,
  ),
  entry('run', 'Run a model', async () => (await import('./commands/run.ts')).runCommand),
  entry('stop', 'Unload a running model', async () => (await import('./commands/stop.ts')).stopCommand),
  entry(
    'pull',
    'Download a model from a registry',
    async () => (await import('./commands/pull.ts')).pullCommand,
  ),
  entry(
    'push',
    'Upload a model to its registry',
    async () => (await import('./commands/push.ts')).pushCommand,
  ),
  entry(
    'login',
    'Store a password or token for a registry',
    async () => (await import('./commands/login.ts')).loginCommand,
  ),
  entry(
    'logout',
    'Remove the stored password or token for a registry',
    async () => (await import('./commands/logout.ts')).logoutCommand,
  ),
  entry('list', 'List models', async () => (await import('./commands/list.ts')).listCommand, ['ls']),
  entry('ps', 'List running models', async () => (await import('./commands/ps.ts')).psCommand),
  entry('queue', 'List waiting requests', async () => (await import('./commands/queue.ts')).queueCommand),
  entry(
    'usage',
    'Show how many requests and tokens were used',
    async () => (await import('./commands/usage.ts')).usageCommand,
  ),
  entry('load', 'Load a model into memory', async () => (await import('./commands/load.ts')).loadCommand),
  entry(
    'health',
    'Check the health of the server',
    async () => (await import('./commands/health.ts')).healthCommand,
  ),
  entry('cp', 'Copy a model', async () => (await import('./commands/cp.ts')).cpCommand),
  entry(
    'batch',
    'Answer a file of requests in the background',
    async () => (await import('./commands/batch.ts')).batchCommand,
  ),
  entry(
    'bench',
    'Measure the speed of a model',
    async () => (await import('./commands/bench.ts')).benchCommand,
  ),
  entry('key', 'Manage the API keys of a server', async () => (await import('./commands/key.ts')).keyCommand),
  entry('logs', "Show the server's log", async () => (await import('./commands/logs.ts')).logsCommand),
  entry('verify', 'Verify model files', async () => (await import('./commands/verify.ts')).verifyCommand),
  entry('rm', 'Remove models', async () => (await import('./commands/rm.ts')).rmCommand),
  entry(
    'launch',
    'Start a coding agent with a model',
    async () => (await import('./commands/launch.ts')).launchCommand,
  ),
  entry(
    'completion',
    'Print a shell completion script',
    async () => (await import('./commands/completion.ts')).completionCommand,
  ),
  entry(
    'autostart',
    'Start the server at each logon (Windows)',
    async () => (await import('./commands/autostart.ts')).autostartCommand,
  ),
  entry('config', 'Show the settings', async () => (await import('./commands/config.ts')).configCommand),
  entry(
    'backend',
    'Manage GPU libraries',
    async () => (await import('./commands/backend.ts')).backendCommand,
  ),
  entry(
    'upgrade',
    'Upgrade this program',
    async () => (await import('./commands/upgrade.ts')).upgradeCommand,
  ),
];

export function findCommand(name: string): CommandEntry | undefined {
  return commandTable.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
}
