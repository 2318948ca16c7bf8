import type { Candidate } from '../../upstreams/routing/upstreams.ts';
import type { RemoteFields } from '../completion/chunk-writer.ts';

/** Ollama's fields for an answer from elsewhere. An upstream is named as in the config file: its address is nobody's business. */
export function remoteFields({ upstream, target }: Pick<Candidate, 'upstream' | 'target'>): RemoteFields {
  return { remote_model: target, remote_host: upstream.name };
}
