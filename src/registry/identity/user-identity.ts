import type { Logger } from '../../base/logger.ts';
import { withHuggingFaceToken } from '../hugging-face/hugging-face.ts';
import type { RegistryIdentity } from './authorization.ts';
import { CredentialFile } from './credential-file.ts';
import { KeyFile } from './key-file.ts';

/**
 * The user's key pair and stored credentials. Both are read at each use, so that a login takes effect at once.
 * @param huggingFaceToken sent to Hugging Face when no credential is stored for it
 */
export function userIdentity(folder: string, logger: Logger, huggingFaceToken?: string): RegistryIdentity {
  const keys = new KeyFile(folder);
  const credentials = new CredentialFile(folder, (message) => logger.warn(message));
  const credential = withHuggingFaceToken((host) => credentials.find(host), huggingFaceToken);
  return { credential, sign: (text) => keys.sign(text) };
}
