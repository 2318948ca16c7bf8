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
  /** The models folder, as the user wrote it. */
  readonly folder: string;
  readonly manifests: ManifestStore;
}

/** Manifests of the models folder and of read-only extra folders. The models folder wins when names collide. */
export class Manifests {
  readonly #own: ManifestStore;
  readonly #extra: readonly ExtraFolder[];
  readonly #logger: Logger;
  /** Extra folders that could not be read at the last check. */
  readonly #absent = new Set<string>();

  constructor(own: ManifestStore, extra: readonly ExtraFolder[], logger: Logger) {
    this.#own = own;
    this.#extra = extra;
    this.#logger = logger;
  }

  /** Lists the models folder only: manifests in extra folders do not keep its blobs. */
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

  /** Bytes of the manifest file, unchanged; undefined when there is none. */
  async readBytes(name: ModelName): Promise<Uint8Array | undefined> {
    const own = await this.#own.readBytes(name);
    if (own) return own;
    for (const { manifests } of await this.#readable()) {
      const found = await manifests.readBytes(name);
      if (found) return found;
    }
    return undefined;
  }

  /** Like `ManifestStore.write`. */
  write(name: ModelName, content: string | Uint8Array): Promise<StoredManifest> {
    return this.#own.write(name, content);
  }

  /** Returns false when the source does not exist. */
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
   * Returns false when there is no such model.
   * @throws OllamaError `forbidden` when the model is in an extra folder
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

  /** Logs once when a folder becomes unreadable and once when it is readable again. */
  async #readable(): Promise<ExtraFolder[]> {
    const readable: ExtraFolder[] = [];
    for (const extra of this.#extra) {
      const { folder } = extra;
      try {
        await access(folder, constants.R_OK | constants.X_OK);
        if (this.#absent.delete(folder))
          this.#logger.info('extra models folder is readable again', { folder });
        readable.push(extra);
      } catch (error) {
        if (this.#absent.has(folder)) continue;
        this.#absent.add(folder);
        const reason = messageOf(error);
        this.#logger.warn('extra models folder cannot be read; continuing without it', { folder, reason });
      }
    }
    return readable;
  }
}
