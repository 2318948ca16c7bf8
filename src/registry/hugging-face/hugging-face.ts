import { OllamaError } from '../../base/errors.ts';
import type { ModelName } from '../../names/model-name.ts';
import { type Credential, credentialProblem } from '../identity/credential.ts';

type FindCredential = (host: string) => Promise<Credential | undefined>;

/** One service under two names; what is stored for either counts for both. */
const hosts: readonly string[] = ['hf.co', 'huggingface.co'];

export function isHuggingFaceHost(host: string): boolean {
  return hosts.includes(host.toLowerCase());
}

/** Whether a token of Hugging Face may be shown there. */
export function isHuggingFace(url: URL): boolean {
  return url.protocol === 'https:' && isHuggingFaceHost(url.host);
}

/**
 * Finds the stored credential of a host; for Hugging Face under either name, else the token.
 * @param token HF_TOKEN of the server's environment
 * @throws OllamaError `upstream` for a token that could not be sent; what `find` throws
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
    throw new OllamaError('upstream', `HF_TOKEN: ${problem}: correct it and start the server again`);
  };
}

/**
 * Where a model of hf.co is asked for: that host redirects to its long name, which then asks for tokens of its own.
 * @returns undefined where the name's own host is to be asked
 */
export function huggingFaceOrigin({ host }: ModelName, insecure: boolean): string | undefined {
  return host.toLowerCase() === 'hf.co' && !insecure ? 'https://huggingface.co' : undefined;
}
