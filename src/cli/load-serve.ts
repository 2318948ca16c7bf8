import type { Command } from './command.ts';
import { keepServerSmall } from './server-memory.ts';

/**
 * Loads the server's program. Node opens all files that it still misses at once: about 280 for the whole program, more than the 256 that a
 * process may open on many systems. In three steps there are never more than 180.
 */
export async function loadServe(): Promise<Command> {
  // Called before the modules are loaded, because loading them already makes the young generation grow.
  keepServerSmall();
  await import('../models/create.ts');
  await import('../inference/inference.ts');
  return (await import('./commands/serve.ts')).serveCommand;
}
