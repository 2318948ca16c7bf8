/** Requests that a cache sends to a registry on behalf of others. */
import type { Digest } from '../../names/digest.ts';
import type { ModelName } from '../../names/model-name.ts';
import { MANIFEST_MEDIA_TYPE, MAX_MANIFEST_BYTES, parseManifest } from '../../store/manifest.ts';
import { type ConnectionOptions, RegistryConnection } from './connection.ts';
import type { RegistryTransports } from './transport.ts';

export interface Upstream {
  /**
   * The manifest as the registry stores it.
   * @throws OllamaError `upstream`, `canceled`
   */
  manifest(name: ModelName, signal: AbortSignal): Promise<Uint8Array>;
  /** URL of a blob at the registry itself. */
  blobUrl(name: ModelName, digest: Digest): string;
}

interface UpstreamOptions extends Pick<ConnectionOptions, 'clock' | 'userAgent'> {
  readonly transports: Pick<RegistryTransports, 'open'>;
}

export function upstreamOf({ transports, ...options }: UpstreamOptions): Upstream {
  return {
    manifest: async (name, signal) => {
      const { fetch, resolveHost, close } = transports.open();
      const connection = new RegistryConnection(name, { ...options, fetch, resolveHost, insecure: false });
      const headers = { Accept: MANIFEST_MEDIA_TYPE };
      try {
        const bytes = await connection.read(`manifests/${name.tag}`, headers, MAX_MANIFEST_BYTES, signal);
        parseManifest(bytes);
        return bytes;
      } finally {
        await close();
      }
    },
    blobUrl: (name, digest) => `https://${name.host}/v2/${name.namespace}/${name.model}/blobs/${digest}`,
  };
}
