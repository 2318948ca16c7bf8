import type { KeyAccess } from '../../access/key-access.ts';
import { OllamaError } from '../../base/errors.ts';
import type { RequestContext } from '../server-parts.ts';

/** The owner of what is made on a server that has no keys. IDs of keys begin with "key_". */
export const NO_KEY = 'without-key';

/**
 * The owner of what a request may use, of all that is kept for each key.
 * @param what it is, as the beginning of the error message
 * @throws OllamaError `unauthorized`
 */
export function keyOwner(context: RequestContext, keys: Pick<KeyAccess, 'hasKeys'>, what: string): string {
  const key = context.get('key');
  if (key) return key.id;
  if (!keys.hasKeys) return NO_KEY;
  // Where keys exist but none is needed, nobody may read what was kept before there were any.
  throw new OllamaError('unauthorized', `${what} are kept for each API key: send one`);
}
