import { systemClock } from '../../base/clock.ts';
import { requireFreeSpace, systemFreeBytes } from '../../base/disk-space.ts';
import { isCancellation, OllamaError, throwIfCanceled } from '../../base/errors.ts';
import type { Digest } from '../../names/digest.ts';
import type { ModelName } from '../../names/model-name.ts';
import {
  type Layer,
  MANIFEST_MEDIA_TYPE,
  MAX_MANIFEST_BYTES,
  type Manifest,
  manifestDigests,
  mediaTypes,
  parseManifest,
} from '../../store/manifest.ts';
import type { Store } from '../../store/store.ts';
import { findShardedModel, pullShardedModel } from '../hugging-face/sharded-model.ts';
import type { RegistryConnection } from '../transport/connection.ts';
import { reasonOf } from './download-retries.ts';
import { missingBytes } from './missing-bytes.ts';
import { type PullContext, type PullProgress, pullLayers } from './pull-layers.ts';
import { fileContext, openRegistry, type PullOptions } from './pull-options.ts';

/**
 * Pulls a model from its registry: reads the manifest, downloads every missing blob and checks its SHA-256, and only then
 * writes the manifest. A canceled or failed pull keeps what was downloaded; the next one continues from there.
 * @throws OllamaError `upstream`, `storage-full`, `canceled`, `invalid-request`
 */
export async function* pullModel(name: ModelName, options: PullOptions): AsyncGenerator<PullProgress, void> {
  const controller = new AbortController();
  const cancel = () => controller.abort();
  options.signal?.addEventListener('abort', cancel, { once: true });
  if (options.signal?.aborted) cancel();
  try {
    yield* pullSteps(name, options, controller);
  } finally {
    cancel();
    options.signal?.removeEventListener('abort', cancel);
  }
}

async function* pullSteps(
  name: ModelName,
  options: PullOptions,
  controller: AbortController,
): AsyncGenerator<PullProgress, void> {
  const { store } = options;
  const { signal } = controller;
  const clock = options.clock ?? systemClock;
  const registry = openRegistry(name, options, clock);
  const context: PullContext = {
    ...fileContext(options, clock),
    locks: options.locks,
    openBlob: (digest, headers, requestSignal) => registry.get(`blobs/${digest}`, headers, requestSignal),
  };
  yield { status: 'pulling manifest' };
  const answer = await readManifest(name, registry, signal).catch((error: unknown) => ({ error }));
  if ('error' in answer) {
    const { assemble } = options;
    const model = assemble && (await findShardedModel(name, answer.error, { registry, clock, signal }));
    if (!assemble || !model) throw answer.error;
    yield* pullShardedModel(model, { ...options, assemble, registry, context, controller });
    return;
  }
  const { bytes, manifest } = answer;
  const layers = uniqueLayers(manifest);
  const needed = await missingBytes(store.blobs, layers);
  await requireFreeSpace(store.blobs.folder, needed, options.freeBytes ?? systemFreeBytes);
  yield* pullLayers(layers, context, controller);

  yield { status: 'verifying sha256 digest' };
  yield { status: 'writing manifest' };
  throwIfCanceled(signal);
  const replaced = await replaceManifest(name, bytes, store);
  const unused = replaced.filter((digest) => !manifestDigests(manifest).includes(digest));
  if (unused.length > 0 && !options.config?.noPrune) {
    yield { status: 'removing unused layers' };
    await store.removeUnreferenced(unused);
  }
  yield { status: 'success' };
}

/**
 * @throws OllamaError `upstream` with the text that Ollama's clients know, `forbidden`, `canceled`
 */
export async function readManifest(
  name: ModelName,
  registry: RegistryConnection,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; manifest: Manifest }> {
  try {
    const headers = { Accept: MANIFEST_MEDIA_TYPE };
    const bytes = await registry.read(`manifests/${name.tag}`, headers, MAX_MANIFEST_BYTES, signal);
    const manifest = parseManifest(bytes);
    if (manifest.layers.some((layer) => layer.mediaType === mediaTypes.tensor)) {
      const message = 'this model requires MLX support, but the MLX runtime is not available';
      throw new OllamaError('upstream', message);
    }
    return { bytes, manifest };
  } catch (error) {
    throwIfCanceled(signal);
    if (isCancellation(error) || isForbidden(error)) throw error;
    throw new OllamaError('upstream', `pull model manifest: ${reasonOf(error)}`, { cause: error });
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof OllamaError && error.code === 'forbidden';
}

/** In the order of the manifest, the config last; a digest named twice is downloaded once. */
function uniqueLayers({ layers, config }: Manifest): Layer[] {
  return [...new Map([...layers, config].map((layer) => [layer.digest, layer])).values()];
}

/** Returns the digests that the previous manifest named; none if it was broken, because it cannot be trusted. */
async function replaceManifest(name: ModelName, bytes: Uint8Array, store: Store): Promise<Digest[]> {
  const previous = await store.manifests.read(name).catch(() => undefined);
  await store.manifests.write(name, bytes);
  return previous ? manifestDigests(previous.manifest) : [];
}
