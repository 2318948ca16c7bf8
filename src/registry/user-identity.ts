import type { Logger } from '../base/logger.ts';
import type { RegistryIdentity } from './authorization.ts';
import { CredentialFile } from './credential-file.ts';
import { KeyFile } from './key-file.ts';

/** The user's key pair and stored credentials; read at each use, so that a login is known at once. */
export function userIdentity(folder: string, logger: Logger): RegistryIdentity {
  const keys = new KeyFile(folder);
  const credentials = new CredentialFile(folder, (message) => logger.warn(message));
  return { credential: (host) => credentials.find(host), sign: (text) => keys.sign(text) };
}
