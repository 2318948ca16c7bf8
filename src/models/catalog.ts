import type { TagsModel } from '../api/tags.ts';
import { messageOf, OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { LruCache } from '../base/lru-cache.ts';
import type { TemplateChoice } from '../chat/format/prompt-source.ts';
import type { ModelName } from '../names/model-name.ts';
import { mediaTypes } from '../store/manifest.ts';
import type { StoredManifest } from '../store/manifest-store.ts';
import type { Store } from '../store/store.ts';
import type { Model } from './model.ts';
import { linkProblemOf, modelDetails, readModel, readModelConfig } from './read-model.ts';

/** A model with its licences and template is some 50 KB. */
const MAX_CACHED_MODELS = 64;

/** A line of the list is below 1 KB, and every list needs all of them. */
const MAX_CACHED_LINES = 4096;

interface CatalogParts {
  readonly store: Store;
  readonly logger: Logger;
  /** Of models with two templates. */
  readonly templateChoice?: TemplateChoice;
}

type ListLine = Pick<TagsModel, 'details' | 'capabilities'>;

/**
 * The models of a store, understood. Manifests are read afresh each time, so changes on disk are seen at once; what
 * they name cannot change and is cached by the manifest's digest.
 */
export class ModelCatalog {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #templateChoice: TemplateChoice;
  readonly #models = new LruCache<string, Model>(MAX_CACHED_MODELS);
  readonly #lines = new LruCache<string, ListLine>(MAX_CACHED_LINES);

  constructor({ store, logger, templateChoice = 'auto' }: CatalogParts) {
    this.#store = store;
    this.#logger = logger;
    this.#templateChoice = templateChoice;
  }

  /** @throws OllamaError `internal` when the model is there but unusable: a blob is missing, the GGUF is broken */
  async find(name: ModelName): Promise<Model | undefined> {
    const stored = await this.#store.manifests.read(name);
    return stored && (await this.#model(stored));
  }

  /** Newest first; unusable models are left out and named in the log. */
  async list(): Promise<TagsModel[]> {
    const { entries, broken } = await this.#store.manifests.list();
    for (const name of broken)
      this.#logger.warn('leaving out a model with a malformed manifest', { model: name });
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
    // A blob may have come here from an extra folder, or be only there by now.
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
      templateChoice: this.#templateChoice,
    });
  }

  async #listed(stored: StoredManifest): Promise<TagsModel | undefined> {
    try {
      const line = this.#lines.get(stored.digest) ?? (await this.#line(stored));
      this.#lines.set(stored.digest, line);
      const { name, digest, size, modifiedAt } = stored;
      const modified_at = modifiedAt.toISOString();
      return { name: name.short, model: name.short, modified_at, size, digest, ...line };
    } catch (error) {
      this.#logger.warn('leaving out an unusable model', {
        model: stored.name.short,
        reason: messageOf(error),
      });
      return undefined;
    }
  }

  /** Models we cannot run, without GGUF weights or with a file that is gone, are listed by what their config says. */
  async #line(stored: StoredManifest): Promise<ListLine> {
    const hasWeights = stored.manifest.layers.some((layer) => layer.mediaType === mediaTypes.model);
    if (!hasWeights || (await linkProblemOf(stored, this.#store)) !== undefined) {
      return { details: modelDetails(await readModelConfig(stored, this.#store)) };
    }
    const { details, capabilities } = await this.#read(stored);
    return { details, capabilities: [...capabilities] };
  }
}
