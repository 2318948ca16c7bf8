/** The two names of Hugging Face: hf.co is short for huggingface.co, and leads there. */
import type { ModelName } from '../names/model-name.ts';
import type { RegistryIdentity } from './authorization.ts';

const SHORT_HOST = 'hf.co';
const HOST = 'huggingface.co';

export function isHuggingFace(host: string): boolean {
  return [SHORT_HOST, HOST].includes(host.toLowerCase());
}

/**
 * Where a model with the short host is asked for. The short one would redirect, and ask for tokens of the long one,
 * to which nothing may be told that was meant for another host.
 * @returns undefined where the name's own host is to be asked
 */
export function huggingFaceOrigin({ host }: ModelName, insecure: boolean): string | undefined {
  return host.toLowerCase() === SHORT_HOST && !insecure ? `https://${HOST}` : undefined;
}

/** What was stored for one of the two hosts is known for both. */
export function withBothHosts(identity: RegistryIdentity): RegistryIdentity {
  return {
    sign: (text) => identity.sign(text),
    credential: async (host) => {
      const own = await identity.credential(host);
      return own === undefined && host === HOST ? await identity.credential(SHORT_HOST) : own;
    },
  };
}
