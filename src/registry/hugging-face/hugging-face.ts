import { OllamaError } from '../../base/errors.ts';
import type { ModelName } from '../../names/model-name.ts';
import { type Credential, credentialProblem } from '../identity/credential.ts';

type FindCredential = (host: string) => Promise<Credential | undefined>;

/** One service with two host names; a credential stored for either is valid for both. */
const hosts: readonly string[] = ['hf.co', 'huggingface.co'];

export function isHuggingFaceHost(host: string): boolean {
  return hosts.includes(host.toLowerCase());
}

/** Whether a Hugging Face token may be sent to this URL. */
export function isHuggingFace(url: URL): boolean {
  return url.protocol === 'https:' && isHuggingFaceHost(url.host);
}

/**
 * Finds the stored credential of a host. For Hugging Face, looks under both names, then uses the token.
 * @param token HF_TOKEN of the server's environment
 * @throws OllamaError `upstream` for a token that cannot be sent; whatever `find` throws
 */
export function withHuggingFaceToken(find: FindCredential, token: string | undefined): FindCredential {
  const fromEnvironment = token?.trim() ?? '';
  return async (host) => {
    if (!isHuggingFaceHost(host)) return await find(host);
    const other = hosts.find((known) => known !== host.toLowerCase());
    const stored = (await find(host)) ?? (other === undefined ? undefined : await find(other));
    if (stored) return 'token' in stored ? stored : { token: stored.password };
    if (fromEnvironment === '') return undefined;
    const credential = { token: fromEnvironment };
    const problem = credentialProblem(credential);
    if (problem === undefined) return credential;
    throw new OllamaError('upstream', `HF_TOKEN: ${problem}: correct it and restart the server`);
  };
}

/**
 * Origin to ask for a model of hf.co. That host redirects to its long name, which then needs tokens of its own.
 * @returns undefined when the name's own host is to be asked
 */
export function huggingFaceOrigin({ host }: ModelName, insecure: boolean): string | undefined {
  return host.toLowerCase() === 'hf.co' && !insecure ? 'https://huggingface.co' : undefined;
}
