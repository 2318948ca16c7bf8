import { createHash } from 'node:crypto';
import { arch, platform } from 'node:os';
import type { ProgressResponse } from '../../api/common.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { OllamaError, throwIfCanceled } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { ModelName } from '../../names/model-name.ts';
import type { Layer } from '../../store/manifest.ts';
import type { StoredManifest } from '../../store/manifest-store.ts';
import type { Store } from '../../store/store.ts';
import type { RegistryIdentity } from '../identity/authorization.ts';
import { reasonOf } from '../pull/download-retries.ts';
import { type ResolveHost, systemResolveHost } from '../transport/addresses.ts';
import { RegistryConnection } from '../transport/connection.ts';
import type { RegistryAccess } from '../transport/registry-access.ts';
import { Retries } from '../transport/retries.ts';
import type { RegistryTransports } from '../transport/transport.ts';
import { pushLayer } from './push-layer.ts';
import { sendWatched, type UploadContext } from './upload.ts';

/** A registry looks up every blob named in the manifest before it answers. */
const MANIFEST_TIMEOUT_MS = 2 * 60 * 1000;

export interface PushOptions {
  readonly store: Store;
  readonly fetch: typeof globalThis.fetch;
  readonly logger: Logger;
  /** Our version, sent to the registry. */
  readonly version: string;
  /** Use http instead of https. */
  readonly insecure?: boolean;
  readonly identity?: RegistryIdentity;
  /** Which registries that are not public may be used; all without it. */
  readonly access?: RegistryAccess | undefined;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly resolveHost?: ResolveHost;
}

/**
 * Sends a model to the registry in its name: every blob that the registry lacks, then the manifest, byte for byte.
 * Leaving the iteration cancels it.
 * @throws OllamaError `not-found`, `upstream`, `canceled`; `internal` when a blob is missing here
 */
export async function* pushModel(
  name: ModelName,
  options: PushOptions,
): AsyncGenerator<ProgressResponse, void> {
  const controller = new AbortController();
  const cancel = () => controller.abort();
  options.signal?.addEventListener('abort', cancel, { once: true });
  if (options.signal?.aborted) cancel();
  try {
    yield* pushSteps(name, options, controller);
  } catch (error) {
    throwIfCanceled(controller.signal);
    if (error instanceof OllamaError) throw error;
    throw new OllamaError('upstream', reasonOf(error), { cause: error });
  } finally {
    cancel();
    options.signal?.removeEventListener('abort', cancel);
  }
}

interface PushThroughOptions extends Omit<PushOptions, 'fetch' | 'resolveHost'> {
  readonly transports: Pick<RegistryTransports, 'open'>;
}

/** Pushes over a transport of its own, which handles proxies and certificate authorities. */
export async function* pushThrough(
  name: ModelName,
  { transports, ...options }: PushThroughOptions,
): AsyncGenerator<ProgressResponse, void> {
  const { fetch, resolveHost, close } = transports.open();
  try {
    yield* pushModel(name, { ...options, fetch, resolveHost });
  } finally {
    await close();
  }
}

async function* pushSteps(
  name: ModelName,
  options: PushOptions,
  controller: AbortController,
): AsyncGenerator<ProgressResponse, void> {
  const { store, logger } = options;
  const clock = options.clock ?? systemClock;
  yield { status: 'retrieving manifest' };
  throwIfCanceled(controller.signal);
  const stored = await store.manifests.read(name);
  if (!stored) {
    yield { status: "couldn't retrieve manifest" };
    throw new OllamaError('not-found', `model "${name.short}" not found`);
  }
  const layers = uniqueLayers(stored);
  const bytes = await manifestBytes(stored, store);
  await requireBlobs(layers, store);

  const registry = new RegistryConnection(stored.name, {
    fetch: options.fetch,
    clock,
    resolveHost: options.resolveHost ?? systemResolveHost,
    userAgent: `ollama/${options.version} (${arch()} ${platform()}) Node/${process.versions.node}`,
    insecure: options.insecure ?? false,
    access: options.access,
    ...(options.identity && { identity: options.identity }),
  });
  const context = { registry, blobs: store.blobs, clock, logger };
  for (const layer of layers) yield* pushLayer(layer, mountSource(layer, stored.name), context, controller);

  yield { status: 'pushing manifest' };
  await putManifest(stored, bytes, context, controller.signal);
  yield { status: 'success' };
}

/** In the order of the manifest, the config last; a digest named twice is sent once. */
function uniqueLayers({ manifest: { layers, config } }: StoredManifest): Layer[] {
  return [...new Map([...layers, config].map((layer) => [layer.digest, layer])).values()];
}

/** Reads the file itself, so that the model keeps its ID and any unknown fields. */
async function manifestBytes({ name, digest }: StoredManifest, store: Store): Promise<string> {
  const bytes = (await store.manifests.readBytes(name)) ?? new Uint8Array();
  if (createHash('sha256').update(bytes).digest('hex') === digest) return new TextDecoder().decode(bytes);
  throw new OllamaError('internal', `model "${name.short}" changed while it was being read: push it again`);
}

async function requireBlobs(layers: readonly Layer[], store: Store): Promise<void> {
  for (const { digest, size } of layers) {
    const found = await store.blobs.size(digest);
    if (found === size) continue;
    const fault = found === undefined ? 'missing' : `${found} bytes long, not ${size}`;
    throw new OllamaError('internal', `blob ${digest} is ${fault}: pull or create the model again`);
  }
}

/** The repository on the same registry that a layer came from; `from` may also be a file name. */
function mountSource({ from }: Layer, pushed: ModelName): string | undefined {
  const source = from === undefined ? undefined : ModelName.tryParse(from);
  if (!source || source.host.toLowerCase() !== pushed.host.toLowerCase()) return undefined;
  const isSame = source.namespace === pushed.namespace && source.model === pushed.model;
  return isSame ? undefined : `${source.namespace}/${source.model}`;
}

async function putManifest(
  { name, manifest }: StoredManifest,
  bytes: string,
  context: UploadContext,
  signal: AbortSignal,
): Promise<void> {
  const headers = { 'Content-Type': manifest.mediaType };
  const request = { method: 'PUT', target: `manifests/${name.tag}`, headers } as const;
  const retries = new Retries({ ...context, signal, work: 'upload' });
  await retries.run(() => sendWatched(request, context, signal, MANIFEST_TIMEOUT_MS, () => bytes));
}
