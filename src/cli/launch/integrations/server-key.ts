import { apiKeyOf } from '../../../config/environment.ts';
import type { LaunchSetup } from '../integration.ts';

/** What programs are given that insist on a key, for a server that needs none. */
const DUMMY = 'ollama';

/**
 * The key of the server, for a variable of the program's environment. It is never written to a file or to arguments, which
 * other users can read.
 */
export function serverKey({ environment }: Pick<LaunchSetup, 'environment'>): string {
  return apiKeyOf(environment) || DUMMY;
}
