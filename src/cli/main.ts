/** Entry point of the command line: finds and runs the command, and turns an error into one line and exit code 1. */
import { isCancellation, messageOf, OllamaError, systemCode } from '../base/errors.ts';
import { fewFilesMessage, openFileLimit } from '../base/open-files.ts';
import { programVersion } from '../base/version.ts';
import { OllamaClient } from '../client/client.ts';
import type { ClientTls } from '../client/server-address.ts';
import { warningsFor } from '../config/command-settings.ts';
import type { Config } from '../config/config.ts';
import { apiKeyOf } from '../config/environment.ts';
import { connectableUrl } from '../config/host.ts';
import { loadSettings } from '../config/load-settings.ts';
import type { Command, CommandContext, Flag } from './command.ts';
import { commandTable, findCommand } from './command-table.ts';
import { withNearModels } from './near-models.ts';
import { narrowColumns } from './output/terminal-traits.ts';
import { parseArguments } from './parse-arguments.ts';
import { printVersion, printVersionJson } from './version.ts';

const rootFlags: Readonly<Record<string, Flag>> = {
  version: { type: 'boolean', short: 'v', help: 'Show version information' },
  json: { type: 'boolean', help: 'Print the version as JSON (with --version)' },
  nowordwrap: { type: 'boolean', help: 'Do not wrap lines between words (for "ollama run")' },
  verbose: { type: 'boolean', help: 'Show timings after each answer (for "ollama run")' },
};
const FAILURE = 1;
/** Hidden command that completion scripts call. */
const COMPLETE = '__complete';

/** @throws OllamaError for a config file that cannot be read or has an error */
async function createContext(): Promise<CommandContext> {
  const settings = await loadSettings(process.env);
  const { config, warnings } = settings;
  const userAgent = `ollama/${programVersion()} (${process.arch} ${process.platform}) Node/${process.version}`;
  return {
    client: new OllamaClient({
      baseUrl: connectableUrl(config.host),
      userAgent,
      apiKey: apiKeyOf(process.env),
      tls: tlsOf(config),
    }),
    config,
    warnings,
    settings,
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  };
}

function tlsOf({ tlsAuthority, tlsClientCertificate, tlsClientKey }: Config): ClientTls {
  return { authority: tlsAuthority, certificate: tlsClientCertificate, key: tlsClientKey };
}

/** @returns the exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { stdout, stderr } = process;
  // A reader that exits early (`ollama list | head -1`) is not a failure.
  stdout.on('error', () => process.exit(0));
  // A closed standard error does not stop the work.
  stderr.on('error', () => undefined);
  // Read now: when too many files are open, this one cannot be opened either.
  const files = openFileLimit();
  try {
    return await dispatch(argv, stdout);
  } catch (error) {
    if (!isCancellation(error)) stderr.write(`Error: ${explain(error, files)}\n`);
    return FAILURE;
  }
}

/** The program itself is some hundred files, which Node.js opens together when a command is loaded. */
const PROGRAM_FILES = 512;

/** Node.js reports a package of which it cannot open a file as one that does not exist. */
function explain(error: unknown, files: number | undefined): string {
  const code = systemCode(error);
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' && files !== undefined && files < PROGRAM_FILES;
  if (code !== 'EMFILE' && !isMissing) return messageOf(error);
  return fewFilesMessage(files, 'the program cannot run');
}

async function dispatch(argv: readonly string[], stdout: NodeJS.WriteStream): Promise<number> {
  const at = commandIndex(argv);
  const name = argv[at];
  if (name === undefined) return runRoot(argv, stdout);
  const rest = argv.filter((_, index) => index !== at);
  if (name === 'help') return printHelp(rest, stdout);
  if (name === COMPLETE) return complete(rest);
  return runCommand(name, rest, stdout);
}

const flagWords = new Set(
  Object.entries(rootFlags).flatMap(([name, { short }]) => [`--${name}`, ...(short ? [`-${short}`] : [])]),
);

/** Index of the first word that is not one of the program's own flags; -1 if that word is another flag. */
function commandIndex(argv: readonly string[]): number {
  const at = argv.findIndex((word) => !flagWords.has(word));
  return argv[at]?.startsWith('-') ? -1 : at;
}

async function runRoot(argv: readonly string[], stdout: NodeJS.WriteStream): Promise<number> {
  const { flags } = parseArguments({ flags: rootFlags, arity: { min: 0 } }, argv);
  if (flags.version === true) {
    const context = await createContext();
    await (flags.json === true ? printVersionJson(context) : printVersion(context));
  } else {
    const { rootHelp } = await import('./help.ts');
    stdout.write(rootHelp(commandTable, rootFlags, narrowColumns(stdout)));
  }
  return 0;
}

async function complete(words: readonly string[]): Promise<number> {
  const { printCompletions } = await import('./print-completions.ts');
  await printCompletions(words, await createContext(), rootFlags);
  return 0;
}

/** An unknown topic prints the general usage and is not a failure, as in Ollama. */
async function printHelp(argv: readonly string[], stdout: NodeJS.WriteStream): Promise<number> {
  const { positionals, help } = parseArguments({ flags: {}, arity: { min: 0 } }, argv);
  const [name] = positionals;
  const room = narrowColumns(stdout);
  const { commandHelp, helpOfHelp, rootHelp, rootUsage } = await import('./help.ts');
  const entry = name === undefined ? undefined : findCommand(name);
  if (help || name === 'help') stdout.write(helpOfHelp);
  else if (name === undefined) stdout.write(rootHelp(commandTable, rootFlags, room));
  else if (entry) stdout.write(commandHelp(await entry.load(), room));
  else process.stderr.write(`Unknown help topic [\`${name}\`]\n${rootUsage(commandTable, rootFlags, room)}`);
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
    const { commandHelp } = await import('./help.ts');
    stdout.write(commandHelp(command, narrowColumns(stdout)));
    return 0;
  }
  const context = await createContext();
  const { needsServer } = command;
  if (typeof needsServer === 'function' ? needsServer(input) : needsServer)
    await findServer(command, context);
  try {
    return (await command.run(input, context)) ?? 0;
  } catch (error) {
    throw await withNearModels(error, input.positionals[0], context.client);
  }
}

/** @throws OllamaError if no server answers, or if OLLAMA_HOST is not an address */
async function findServer(
  command: Command,
  { client, config, warnings, stderr }: CommandContext,
): Promise<void> {
  for (const warning of warningsFor(command.settings, warnings)) stderr.write(`Warning: ${warning}\n`);
  const url = connectableUrl(config.host);
  if (!URL.canParse(url) || !/^(?:https?:|unix:\/\/\/)/.test(url)) {
    const message = `OLLAMA_HOST: ${url} is not a server address: use a form such as 127.0.0.1:11434, https://example.com or unix:///run/ollama.sock`;
    throw new OllamaError('invalid-request', message);
  }
  await client.heartbeat();
}

async function loadCommand(name: string): Promise<Command> {
  const entry = findCommand(name);
  if (entry) return entry.load();
  const { unknownCommand } = await import('./unknown-command.ts');
  throw unknownCommand(name, commandTable);
}
