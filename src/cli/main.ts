/** The command line's entry: finds the command, runs it, and turns what it throws into one line and exit code 1. */
import { isCancellation, messageOf, OllamaError } from '../base/errors.ts';
import { programVersion } from '../base/version.ts';
import { OllamaClient } from '../client/client.ts';
import { connectableUrl } from '../config/host.ts';
import { loadSettings } from '../config/load-settings.ts';
import { nearNames } from '../config/nearest-name.ts';
import type { CommandContext, Flag } from './command.ts';
import { commandTable, findCommand } from './command-table.ts';
import { commandHelp, rootHelp } from './help.ts';
import { withNearModels } from './near-models.ts';
import { parseArguments } from './parse-arguments.ts';
import { printVersion, printVersionJson } from './version.ts';

const rootFlags: Readonly<Record<string, Flag>> = {
  version: { type: 'boolean', short: 'v', help: 'Show version information' },
  json: { type: 'boolean', help: 'With --version: print JSON' },
};
const FAILURE = 1;
/** What completion scripts call; no command for people. */
const COMPLETE = '__complete';

/** @throws OllamaError for a config file that cannot be used */
async function createContext(): Promise<CommandContext> {
  const settings = await loadSettings(process.env);
  const { config, warnings } = settings;
  const userAgent = `ollama/${programVersion()} (${process.arch} ${process.platform}) Node/${process.version}`;
  return {
    client: new OllamaClient({ baseUrl: connectableUrl(config.host), userAgent }),
    config,
    warnings,
    settings,
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  };
}

/** @returns the exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { stdout, stderr } = process;
  // A reader that leaves early (`ollama list | head -1`) is no failure.
  stdout.on('error', () => process.exit(0));
  try {
    return await dispatch(argv, stdout);
  } catch (error) {
    if (!isCancellation(error)) stderr.write(`Error: ${messageOf(error)}\n`);
    return FAILURE;
  }
}

async function dispatch(argv: readonly string[], stdout: NodeJS.WriteStream): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined || first.startsWith('-')) return runRoot(argv, stdout);
  if (first === 'help') return printHelp(rest[0], stdout);
  if (first === COMPLETE) return complete(rest);
  return runCommand(first, rest, stdout);
}

async function runRoot(argv: readonly string[], stdout: NodeJS.WriteStream): Promise<number> {
  const { flags } = parseArguments({ flags: rootFlags, arity: { min: 0 } }, argv);
  if (flags.version === true) {
    const context = await createContext();
    await (flags.json === true ? printVersionJson(context) : printVersion(context));
  } else stdout.write(rootHelp(commandTable, rootFlags));
  return 0;
}

async function complete(words: readonly string[]): Promise<number> {
  const { printCompletions } = await import('./print-completions.ts');
  await printCompletions(words, await createContext());
  return 0;
}

async function printHelp(name: string | undefined, stdout: NodeJS.WriteStream): Promise<number> {
  if (name === undefined) stdout.write(rootHelp(commandTable, rootFlags));
  else stdout.write(commandHelp(await loadCommand(name)));
  return 0;
}

async function runCommand(
  name: string,
  argv: readonly string[],
  stdout: NodeJS.WriteStream,
): Promise<number> {
  const command = await loadCommand(name);
  const { help, ...input } = parseArguments(command, argv);
  if (help) {
    stdout.write(commandHelp(command));
    return 0;
  }
  const context = await createContext();
  if (command.needsServer) await context.client.heartbeat();
  try {
    return (await command.run(input, context)) ?? 0;
  } catch (error) {
    throw await withNearModels(error, input.positionals[0], context.client);
  }
}

async function loadCommand(name: string) {
  const entry = findCommand(name);
  if (entry) return entry.load();
  const names = commandTable.flatMap((candidate) => [candidate.name, ...candidate.aliases]);
  const near = nearNames(name, names);
  const hint = near.length > 0 ? `\n\nDid you mean this?\n${near.map((text) => `\t${text}\n`).join('')}` : '';
  throw new OllamaError('invalid-request', `unknown command "${name}" for "ollama"${hint}`);
}
