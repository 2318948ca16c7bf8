import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { explainStorageError } from '../base/atomic-file.ts';
import { messageOf, OllamaError } from '../base/errors.ts';
import { renameOver } from '../base/files/replace-file.ts';
import { removeLeftovers } from '../base/leftovers.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { type Digest, isDigest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import { type BlobEntry, BlobStore, isWorkPlace, type RemoveFile } from './blob-store.ts';
import { listFolder } from './folder.ts';
import { FolderLocks } from './folder-locks.ts';
import { manifestDigests } from './manifest.ts';
import { ManifestStore } from './manifest-store.ts';
import { Manifests } from './manifests.ts';
import { SourceRecords } from './source-records.ts';

/** Blobs younger than this may belong to a pull or create that is still running. */
export const PRUNE_GRACE_MS = 60 * 60 * 1000;

/** Interrupted downloads are kept longer, because downloading a large model again can take hours. */
const PARTIAL_DOWNLOAD_GRACE_MS = 7 * 24 * 60 * 60 * 1000;

/** Files that are not blobs yet: uploads, unfinished downloads and their states, links of clients. */
const temporaryBlobPattern =
  /^(sha256-\d{1,15}|sha256-[0-9a-f]{64}-partial.*|link-[0-9a-f]{32}|\.tmp-[0-9a-f]{16})$/;

export interface PruneOptions {
  /** Whether to remove only what killed processes left behind, and no blobs. */
  readonly isSweep?: boolean;
  readonly graceMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface PruneResult {
  /** Files removed from the blobs folder. */
  readonly removed: number;
  /** Models with a broken manifest, and links that are not followed; if there are any, no blob is removed. */
  readonly broken: readonly string[];
}

export interface StoreOptions {
  /** Read-only models folders of other programs. */
  readonly extraFolders?: readonly string[];
  readonly logger?: Logger;
  /** Removes a file; false when it is in use. For tests. */
  readonly remove?: RemoveFile;
}

/** A models folder in Ollama's layout: `blobs/` and `manifests/`; beside them `locks/`, `links/` and `sources/`. */
export class Store {
  readonly blobs: BlobStore;
  readonly manifests: Manifests;
  readonly sources: SourceRecords;
  /** Locks between the processes that share the folder. */
  readonly locks: FolderLocks;
  /** Blobs to remove once no process is adding any. */
  readonly #unused = new Set<Digest>();
  readonly #folder: string;
  readonly #logger: Logger;

  constructor(folder: string, { extraFolders = [], logger = silentLogger, remove }: StoreOptions = {}) {
    this.#folder = folder;
    this.#logger = logger;
    const extra = [...new Set(extraFolders.map((path) => resolve(path)))].filter(
      (path) => path !== resolve(folder),
    );
    this.blobs = new BlobStore(join(folder, 'blobs'), {
      extraFolders: extra.map((path) => join(path, 'blobs')),
      ...(remove && { remove }),
    });
    this.manifests = new Manifests(
      new ManifestStore(join(folder, 'manifests'), logger),
      extra.map((path) => ({
        folder: path,
        manifests: new ManifestStore(join(path, 'manifests'), logger),
      })),
      logger,
    );
    this.sources = new SourceRecords(this.blobs);
    this.locks = new FolderLocks(join(folder, 'locks'));
  }

  /** Creates the blobs folder and renames blobs of early Ollama versions (`sha256:…`) to today's form. */
  async prepare(): Promise<void> {
    try {
      await this.#prepare();
    } catch (error) {
      const explained = explainStorageError(error, this.blobs.folder);
      if (!isReadOnly(explained)) throw explained;
      // The models in a folder that we may only read can be used all the same.
      this.#logger.warn('the models folder is read-only; its models can be used but not changed', {
        folder: this.#folder,
        reason: messageOf(explained),
      });
    }
  }

  async #prepare(): Promise<void> {
    await mkdir(this.blobs.folder, { recursive: true });
    for (const fileName of await listFolder(this.blobs.folder)) {
      if (isDigest(fileName)) await renameOver(join(this.blobs.folder, fileName), this.blobs.path(fileName));
    }
  }

  /**
   * Gives a model another name. Meanwhile, no process removes the blobs that the copy will name.
   * @returns false when the source does not exist
   */
  async copyModel(source: ModelName, destination: ModelName): Promise<boolean> {
    const release = await this.locks.use();
    try {
      return await this.manifests.copy(source, destination);
    } finally {
      await release();
      await this.removeUnreferenced([]);
    }
  }

  /** Removes the manifest and the blobs that no other model uses. Returns false when there is no such model. */
  async removeModel(name: ModelName): Promise<boolean> {
    const stored = await this.manifests.read(name).catch(() => undefined);
    const removed = await this.manifests.remove(name);
    if (removed && stored) await this.removeUnreferenced(manifestDigests(stored.manifest));
    return removed;
  }

  /**
   * Removes those of the given blobs that no manifest names. While any process adds blobs to the folder, possibly these,
   * they stay until the last addition in this process is done, or until prune(). They also stay while a manifest cannot
   * be read, because it may name them, and, on Windows, while their model is loaded: call this again when one has been
   * unloaded.
   */
  async removeUnreferenced(digests: Iterable<Digest>): Promise<void> {
    for (const digest of digests) this.#unused.add(digest);
    if (this.#unused.size === 0) return;
    await this.locks.remove(async () => {
      const candidates = [...this.#unused];
      const { used, broken } = await this.#references();
      if (broken.length > 0) return;
      for (const digest of candidates) {
        if (used.has(digest) || (await this.blobs.remove(digest))) this.#unused.delete(digest);
        else this.#logger.debug('a blob is in use; it is removed later', { digest });
      }
    });
  }

  /** Passes on the events of work that adds blobs. While it runs, no process removes blobs that have no manifest yet. */
  async *adding<T>(events: AsyncIterable<T>, signal?: AbortSignal): AsyncGenerator<T, void> {
    const release = await this.locks.use(signal);
    try {
      yield* events;
    } finally {
      await release();
      await this.removeUnreferenced([]);
    }
  }

  /** Removes old files that no manifest names. Removes nothing if a manifest is broken, because it may name them. */
  async prune(options: PruneOptions): Promise<PruneResult> {
    let result: PruneResult = { removed: 0, broken: [] };
    try {
      await this.locks.remove(async () => {
        result = await this.#prune(options);
      });
    } catch (error) {
      // A folder that we may only read is not ours to prune.
      if (!isReadOnly(explainStorageError(error, this.#folder))) throw error;
    }
    return result;
  }

  async #prune({ graceMs, now, isSweep = false }: PruneOptions): Promise<PruneResult> {
    const { used, broken } = await this.#references();
    await this.#sweep(now - graceMs);
    const keepsBlobs = isSweep || broken.length > 0;
    const skip = (path: string, kind: string) =>
      this.#logger.warn('not a blob; it is skipped', { path, reason: `it is a ${kind}` });
    const expired = (await this.blobs.list(isSweep ? undefined : skip)).filter((entry) => {
      const isBlob = entry.digest !== undefined || !temporaryBlobPattern.test(entry.fileName);
      if (isBlob && keepsBlobs) return false;
      if (entry.digest && used.has(entry.digest)) return false;
      // Whoever writes such a file holds a lock meanwhile, so its process has been killed.
      if (isWorkPlace(entry.fileName)) return true;
      return now - entry.modifiedAt.getTime() > Math.max(graceMs, minimumGraceMs(entry));
    });
    let removed = 0;
    for (const { fileName, digest } of expired) {
      const isRemoved = await (digest ? this.blobs.remove(digest) : this.blobs.removeFile(fileName));
      if (isRemoved) removed += 1;
      else if (digest) this.#unused.add(digest);
    }
    if (!keepsBlobs) await this.sources.prune(used, now - graceMs);
    return { removed, broken };
  }

  /** Removes what killed processes left beside the blobs. */
  async #sweep(before: number): Promise<void> {
    await this.manifests.removeLeftovers(before);
    await this.locks.removeLeftovers(before);
    await this.blobs.removeLeftoverRecords(before);
    await removeLeftovers(join(this.#folder, 'sources'), before);
  }

  async #references(): Promise<{ used: Set<Digest>; broken: string[] }> {
    const { entries, broken } = await this.manifests.listOwn();
    return { used: new Set(entries.flatMap(({ manifest }) => manifestDigests(manifest))), broken };
  }
}

function isReadOnly(error: unknown): boolean {
  return error instanceof OllamaError && error.code === 'storage-read-only';
}

function minimumGraceMs(entry: BlobEntry): number {
  return /^sha256-[0-9a-f]{64}-partial/.test(entry.fileName) ? PARTIAL_DOWNLOAD_GRACE_MS : 0;
}
