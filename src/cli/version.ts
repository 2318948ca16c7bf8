import { programVersion } from '../base/version.ts';
import type { CommandContext } from './command.ts';
import { printJson } from './output/json-flag.ts';

/** Prints the versions of client and server as JSON; `server` is null if no server answers. */
export async function printVersionJson({
  client,
  stdout,
}: Pick<CommandContext, 'client' | 'stdout'>): Promise<void> {
  const reply = await client.version().catch(() => undefined);
  printJson({ client: programVersion(), server: reply?.version ?? null }, stdout);
}

/** Prints the server's version, and this program's version if it differs. */
export async function printVersion({
  client,
  stdout,
}: Pick<CommandContext, 'client' | 'stdout'>): Promise<void> {
  const own = programVersion();
  let server = '';
  try {
    server = (await client.version()).version;
    stdout.write(`ollama version is ${server}\n`);
  } catch {
    stdout.write('Warning: could not connect to a running Ollama instance\n');
  }
  if (server !== own) stdout.write(`Warning: client version is ${own}\n`);
}
