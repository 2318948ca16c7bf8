import type { TagsModel } from '../api/tags.ts';
import { messageOf, OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { LruCache } from '../base/lru-cache.ts';
import type { ModelName } from '../names/model-name.ts';
import { mediaTypes } from '../store/manifest.ts';
import type { StoredManifest } from '../store/manifest-store.ts';
import type { Store } from '../store/store.ts';
import { capabilitiesOfConfig } from './capabilities.ts';
import type { Model } from './model.ts';
import type { ModelTemplates } from './model-templates.ts';
import { linkProblemOf, modelDetails, modelLengths, readModel, readModelConfig } from './read-model.ts';

/** A model with its licences and template takes about 50 KB. */
const MAX_CACHED_MODELS = 64;

/** A list entry takes less than 1 KB, and every list request needs all of them. */
const MAX_CACHED_LINES = 4096;

interface CatalogParts {
  readonly store: Store;
  readonly logger: Logger;
  readonly templates: ModelTemplates;
}

type ListLine = Pick<TagsModel, 'details' | 'capabilities' | 'remote_model' | 'remote_host'>;

/**
 * Reads the models of a store. Manifests are read each time, so that changes on disk take effect at once. The blobs they
 * name cannot change, so what they contain is cached by the digest of the manifest.
 */
export class ModelCatalog {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #templates: ModelTemplates;
  readonly #models = new LruCache<string, Model>(MAX_CACHED_MODELS);
  readonly #lines = new LruCache<string, ListLine>(MAX_CACHED_LINES);
  /** Manifests of unusable models, by digest, that were logged: each is logged once. */
  readonly #told = new Set<string>();

  constructor({ store, logger, templates }: CatalogParts) {
    this.#store = store;
    this.#logger = logger;
    this.#templates = templates;
  }

  /** @throws OllamaError `internal` when the model exists but is unusable: a blob is missing or the GGUF is invalid */
  async find(name: ModelName): Promise<Model | undefined> {
    const stored = await this.#store.manifests.read(name);
    return stored && (await this.#model(stored));
  }

  /** @throws OllamaError as `ModelTemplates.check` */
  checkTemplate(text: string | undefined, signal?: AbortSignal): Promise<void> {
    return this.#templates.check(text, signal);
  }

  /** Why the template of a model cannot be used; undefined if it can, or if there is no such model. */
  async templateFailure(name: ModelName, signal?: AbortSignal): Promise<string | undefined> {
    const stored = await this.#store.manifests.read(name);
    return stored && this.#templates.failureOf(await this.#read(stored), signal);
  }

  /** Newest first; unusable models are left out and logged. */
  async list(): Promise<TagsModel[]> {
    // The store logs the manifests that it cannot read.
    const { entries } = await this.#store.manifests.list();
    const models: TagsModel[] = [];
    for (const stored of entries) {
      const model = await this.#listed(stored);
      if (model) models.push(model);
    }
    return models;
  }

  async #model(stored: StoredManifest): Promise<Model> {
    const problem = await linkProblemOf(stored, this.#store);
    if (problem !== undefined) {
      throw new OllamaError('internal', `the model "${stored.name.short}" is unusable: ${problem}`);
    }
    const cached = this.#models.get(stored.digest);
    // In the meantime the blob may have moved between the models folder and an extra folder.
    const isThere =
      cached?.weightsPath === (cached && (await this.#store.blobs.locate(cached.weightsDigest)));
    if (cached && isThere) return { ...cached, name: stored.name, modifiedAt: stored.modifiedAt };
    const model = await this.#read(stored);
    this.#models.set(stored.digest, model);
    return model;
  }

  #read(stored: StoredManifest): Promise<Model> {
    return readModel(stored, {
      store: this.#store,
      logger: this.#logger,
      templates: this.#templates,
    });
  }

  async #listed(stored: StoredManifest): Promise<TagsModel | undefined> {
    try {
      const line = this.#lines.get(stored.digest) ?? (await this.#line(stored));
      const { name, digest, size, modifiedAt } = stored;
      const modified_at = modifiedAt.toISOString();
      return { name: name.short, model: name.short, modified_at, size, digest, ...line };
    } catch (error) {
      if (!this.#told.has(stored.digest) && this.#told.size < MAX_CACHED_LINES) {
        this.#told.add(stored.digest);
        const reason = messageOf(error);
        this.#logger.warn('model is unusable; it is not listed', { model: stored.name.short, reason });
      }
      return undefined;
    }
  }

  /**
   * Models that cannot run, without GGUF weights or with a missing file, are listed with the details of their config.
   */
  async #line(stored: StoredManifest): Promise<ListLine> {
    const weights = stored.manifest.layers.find((layer) => layer.mediaType === mediaTypes.model);
    if (!weights) {
      const line = await this.#configLine(stored);
      this.#lines.set(stored.digest, line);
      return line;
    }
    const isThere =
      (await this.#store.blobs.size(weights.digest)) !== undefined &&
      (await linkProblemOf(stored, this.#store)) === undefined;
    // Not cached, because the file may come back.
    if (!isThere) return this.#configLine(stored);
    const { details, lengths, capabilities } = await this.#read(stored);
    const line = { details: { ...details, ...lengths }, capabilities: [...capabilities] };
    this.#lines.set(stored.digest, line);
    return line;
  }

  async #configLine(stored: StoredManifest): Promise<ListLine> {
    const config = await readModelConfig(stored, this.#store);
    const { remote_host, remote_model, capabilities } = config;
    const details = { ...modelDetails(config), ...modelLengths(config) };
    if (remote_host === undefined || remote_model === undefined) return { details };
    return { remote_model, remote_host, details, capabilities: capabilitiesOfConfig(capabilities) };
  }
}
