import { access, constants } from 'node:fs/promises';
import { messageOf, OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { ModelName } from '../names/model-name.ts';
import {
  type ManifestListing,
  type ManifestStore,
  newestFirst,
  type StoredManifest,
} from './manifest-store.ts';

export interface ExtraFolder {
  /** The models folder, as the user named it. */
  readonly folder: string;
  readonly manifests: ManifestStore;
}

/** The manifests of the models folder, and of extra folders that are only read. Ours win over those of one name. */
export class Manifests {
  readonly #own: ManifestStore;
  readonly #extra: readonly ExtraFolder[];
  readonly #logger: Logger;
  /** Extra folders that were not there at the last look. */
  readonly #absent = new Set<string>();

  constructor(own: ManifestStore, extra: readonly ExtraFolder[], logger: Logger) {
    this.#own = own;
    this.#extra = extra;
    this.#logger = logger;
  }

  /** Those of the models folder itself: only they keep its blobs. */
  listOwn(): Promise<ManifestListing> {
    return this.#own.list();
  }

  async list(): Promise<ManifestListing> {
    const { entries, broken } = await this.#own.list();
    if (this.#extra.length === 0) return { entries, broken };
    const byName = new Map(entries.map((entry) => [entry.name.full.toLowerCase(), entry]));
    const allBroken = [...broken];
    for (const { folder, manifests } of await this.#readable()) {
      const listing = await manifests.list().catch(() => ({ entries: [], broken: [] }));
      allBroken.push(...listing.broken);
      for (const entry of listing.entries) {
        const key = entry.name.full.toLowerCase();
        if (!byName.has(key)) byName.set(key, { ...entry, readOnlyFolder: folder });
      }
    }
    return { entries: newestFirst([...byName.values()]), broken: allBroken };
  }

  /** @throws OllamaError `internal` when the stored manifest is malformed */
  async read(name: ModelName): Promise<StoredManifest | undefined> {
    const own = await this.#own.read(name);
    if (own) return own;
    for (const { folder, manifests } of await this.#readable()) {
      const found = await manifests.read(name);
      if (found) return { ...found, readOnlyFolder: folder };
    }
    return undefined;
  }

  /** The file as it is; undefined when there is none. */
  async readBytes(name: ModelName): Promise<Uint8Array | undefined> {
    const own = await this.#own.readBytes(name);
    if (own) return own;
    for (const { manifests } of await this.#readable()) {
      const found = await manifests.readBytes(name);
      if (found) return found;
    }
    return undefined;
  }

  /** As `ManifestStore.write`. */
  write(name: ModelName, content: string | Uint8Array): Promise<StoredManifest> {
    return this.#own.write(name, content);
  }

  /** False when there is no such source. */
  async copy(source: ModelName, destination: ModelName): Promise<boolean> {
    if (await this.#own.copy(source, destination)) return true;
    for (const { manifests } of await this.#readable()) {
      const content = await manifests.readBytes(source);
      if (!content) continue;
      if (!source.equals(destination)) await this.#own.write(destination, content);
      return true;
    }
    return false;
  }

  /**
   * False when there was none.
   * @throws OllamaError `forbidden` when it is in an extra folder
   */
  async remove(name: ModelName): Promise<boolean> {
    if (await this.#own.remove(name)) return true;
    for (const { folder, manifests } of await this.#readable()) {
      if (!(await manifests.readBytes(name).catch(() => true))) continue;
      const message = `model '${name.short}' is in the read-only folder ${folder} (OLLAMA_MODELS_EXTRA): remove it there`;
      throw new OllamaError('forbidden', message);
    }
    return false;
  }

  removeLeftovers(before: number): Promise<void> {
    return this.#own.removeLeftovers(before);
  }

  /** Tells once when a folder goes and once when it is back. */
  async #readable(): Promise<ExtraFolder[]> {
    const readable: ExtraFolder[] = [];
    for (const extra of this.#extra) {
      const { folder } = extra;
      try {
        await access(folder, constants.R_OK | constants.X_OK);
        if (this.#absent.delete(folder)) this.#logger.info('an extra models folder is back', { folder });
        readable.push(extra);
      } catch (error) {
        if (this.#absent.has(folder)) continue;
        this.#absent.add(folder);
        const reason = messageOf(error);
        this.#logger.warn('an extra models folder cannot be read: going on without it', { folder, reason });
      }
    }
    return readable;
  }
}
