/** The command line's entry: finds the command, runs it, and turns what it throws into one line and exit code 1. */
import { isCancellation, messageOf, OllamaError } from '../base/errors.ts';
import { programVersion } from '../base/version.ts';
import { OllamaClient } from '../client/client.ts';
import { readConfig } from '../config/config.ts';
import { connectableUrl } from '../config/host.ts';
import type { CommandContext, Flag } from './command.ts';
import { commandTable, findCommand } from './command-table.ts';
import { commandHelp, rootHelp } from './help.ts';
import { parseArguments } from './parse-arguments.ts';
import { printVersion } from './version.ts';

const rootFlags: Readonly<Record<string, Flag>> = {
  version: { type: 'boolean', short: 'v', help: 'Show version information' },
};
const FAILURE = 1;

function createContext(): CommandContext {
  const { config, warnings } = readConfig(process.env);
  const userAgent = `ollama/${programVersion()} (${process.arch} ${process.platform}) Node/${process.version}`;
  return {
    client: new OllamaClient({ baseUrl: connectableUrl(config.host), userAgent }),
    config,
    warnings,
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  };
}

/** @returns the exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const context = createContext();
  // A reader that leaves early (`ollama list | head -1`) is no failure.
  context.stdout.on('error', () => process.exit(0));
  try {
    return await dispatch(argv, context);
  } catch (error) {
    if (!isCancellation(error)) context.stderr.write(`Error: ${messageOf(error)}\n`);
    return FAILURE;
  }
}

async function dispatch(argv: readonly string[], context: CommandContext): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined || first.startsWith('-')) return runRoot(argv, context);
  if (first === 'help') return printHelp(rest[0], context);
  return runCommand(first, rest, context);
}

async function runRoot(argv: readonly string[], context: CommandContext): Promise<number> {
  const { flags } = parseArguments({ flags: rootFlags, arity: { min: 0 } }, argv);
  if (flags.version === true) await printVersion(context);
  else context.stdout.write(rootHelp(commandTable, rootFlags));
  return 0;
}

async function printHelp(name: string | undefined, context: CommandContext): Promise<number> {
  if (name === undefined) context.stdout.write(rootHelp(commandTable, rootFlags));
  else context.stdout.write(commandHelp(await loadCommand(name)));
  return 0;
}

async function runCommand(name: string, argv: readonly string[], context: CommandContext): Promise<number> {
  const command = await loadCommand(name);
  const { help, ...input } = parseArguments(command, argv);
  if (help) {
    context.stdout.write(commandHelp(command));
    return 0;
  }
  if (command.needsServer) await context.client.heartbeat();
  return (await command.run(input, context)) ?? 0;
}

async function loadCommand(name: string) {
  const entry = findCommand(name);
  if (!entry) throw new OllamaError('invalid-request', `unknown command "${name}" for "ollama"`);
  return entry.load();
}
