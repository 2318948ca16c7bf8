/** Serves the models of this server to other machines and fetches missing ones from the registry. */
import { isCancellation, messageOf, OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Digest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import type { Upstream } from '../registry/transport/upstream.ts';
import type { Store } from '../store/store.ts';
import type { Pull } from './server-parts.ts';

/** Maximum number of models fetched at the same time. Requests for further models are only passed on. */
const MAX_PULLS = 4;

export interface RegistryCacheParts {
  readonly store: Pick<Store, 'blobs' | 'manifests'>;
  readonly upstream: Upstream;
  readonly pull: Pull;
  readonly logger: Logger;
}

export type CachedBlob = { readonly path: string; readonly size: number } | { readonly url: string };

export class RegistryCache {
  readonly #parts: RegistryCacheParts;
  readonly #pulls = new Map<string, AbortController>();

  constructor(parts: RegistryCacheParts) {
    this.#parts = parts;
  }

  /**
   * Returns a manifest from the store, or from the registry. In the second case the model is also fetched, so that later
   * requests are served from the store.
   * @throws OllamaError `not-found` when neither has it
   */
  async manifest(name: ModelName, signal: AbortSignal): Promise<Uint8Array> {
    const { store, upstream, logger } = this.#parts;
    const stored = await store.manifests.readBytes(name);
    if (stored) return stored;
    try {
      const bytes = await upstream.manifest(name, signal);
      void this.#fetch(name);
      return bytes;
    } catch (error) {
      if (isCancellation(error)) throw error;
      logger.info('could not get a manifest for another machine', {
        model: name.short,
        reason: messageOf(error),
      });
      throw new OllamaError('not-found', `manifest unknown: ${name.short}: ${messageOf(error)}`);
    }
  }

  /**
   * Returns the file of a stored blob, or its URL at the registry.
   * @param ofModel whether only blobs of this model are returned, for clients that may not use every model
   */
  async blob(name: ModelName, digest: Digest, { ofModel = false } = {}): Promise<CachedBlob> {
    const { store, upstream } = this.#parts;
    const isHidden = ofModel && !(await this.#hasBlob(name, digest));
    const size = isHidden ? undefined : await store.blobs.size(digest);
    return size === undefined
      ? { url: upstream.blobUrl(name, digest) }
      : { path: await store.blobs.locate(digest), size };
  }

  async #hasBlob(name: ModelName, digest: Digest): Promise<boolean> {
    const stored = await this.#parts.store.manifests.read(name);
    const { config, layers } = stored?.manifest ?? { layers: [] };
    return config?.digest === digest || layers.some((layer) => layer.digest === digest);
  }

  close(): void {
    for (const controller of this.#pulls.values()) controller.abort();
  }

  async #fetch(name: ModelName): Promise<void> {
    const { pull, logger } = this.#parts;
    const key = name.full.toLowerCase();
    if (this.#pulls.has(key) || this.#pulls.size >= MAX_PULLS) return;
    const controller = new AbortController();
    this.#pulls.set(key, controller);
    try {
      // Other machines choose only the model; the registry is always the default one.
      for await (const _ of pull(name, { insecure: false, signal: controller.signal, isLocal: true }));
      logger.info('fetched a model for other machines', { model: name.short });
    } catch (error) {
      logger.warn('could not fetch a model for other machines', {
        model: name.short,
        reason: messageOf(error),
      });
    } finally {
      this.#pulls.delete(key);
    }
  }
}
