import { programVersion } from '../base/version.ts';
import type { CommandContext } from './command.ts';

/** Prints the server's version, and this program's where the two differ. */
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
