/** What a cache between others and a registry asks of it. */
import type { Digest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import { MANIFEST_MEDIA_TYPE, MAX_MANIFEST_BYTES, parseManifest } from '../store/manifest.ts';
import { type ConnectionOptions, RegistryConnection } from './connection.ts';

export interface Upstream {
  /**
   * The manifest as the registry has it.
   * @throws OllamaError `upstream`, `canceled`
   */
  manifest(name: ModelName, signal: AbortSignal): Promise<Uint8Array>;
  /** Where the registry itself has a blob. */
  blobUrl(name: ModelName, digest: Digest): string;
}

export function upstreamOf(options: Omit<ConnectionOptions, 'insecure'>): Upstream {
  return {
    manifest: async (name, signal) => {
      const connection = new RegistryConnection(name, { ...options, insecure: false });
      const headers = { Accept: MANIFEST_MEDIA_TYPE };
      const bytes = await connection.read(`manifests/${name.tag}`, headers, MAX_MANIFEST_BYTES, signal);
      parseManifest(bytes);
      return bytes;
    },
    blobUrl: (name, digest) => `https://${name.host}/v2/${name.namespace}/${name.model}/blobs/${digest}`,
  };
}
