import type { Digest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import { encodeManifest, MANIFEST_MEDIA_TYPE, type Manifest, manifestDigests } from './manifest.ts';
import type { Store } from './store.ts';

export interface StoredParts {
  readonly store: Store;
  readonly config?: { readonly noPrune: boolean };
  /** Identifies the shards that downloaded weights were merged from; recorded in the manifest. */
  readonly mergedFrom?: Digest;
}

/** Writes the manifest of a model, and removes what only its predecessor used. */
export async function replaceManifest(
  name: ModelName,
  content: Pick<Manifest, 'config' | 'layers'>,
  { store, config, mergedFrom }: StoredParts,
): Promise<void> {
  const note = mergedFrom && { mergedFrom };
  const manifest: Manifest = { schemaVersion: 2, mediaType: MANIFEST_MEDIA_TYPE, ...content, ...note };
  // A malformed former manifest names no blob that could be removed safely.
  const previous = await store.manifests.read(name).catch(() => undefined);
  await store.manifests.write(name, encodeManifest(manifest));
  if (previous && !config?.noPrune) await store.removeUnreferenced(manifestDigests(previous.manifest));
}
