import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { type Digest, isDigest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import { type BlobEntry, BlobStore } from './blob-store.ts';
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

export interface PruneOptions {
  readonly graceMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface PruneResult {
  /** Files removed from the blobs folder. */
  readonly removed: number;
  /** Models with a broken manifest; if there are any, nothing is removed. */
  readonly broken: readonly string[];
}

export interface StoreOptions {
  /** Read-only models folders of other programs. */
  readonly extraFolders?: readonly string[];
  readonly logger?: Logger;
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

  constructor(folder: string, { extraFolders = [], logger = silentLogger }: StoreOptions = {}) {
    const extra = [...new Set(extraFolders.map((path) => resolve(path)))].filter(
      (path) => path !== resolve(folder),
    );
    this.blobs = new BlobStore(
      join(folder, 'blobs'),
      extra.map((path) => join(path, 'blobs')),
    );
    this.manifests = new Manifests(
      new ManifestStore(join(folder, 'manifests')),
      extra.map((path) => ({ folder: path, manifests: new ManifestStore(join(path, 'manifests')) })),
      logger,
    );
    this.sources = new SourceRecords(this.blobs);
    this.locks = new FolderLocks(join(folder, 'locks'));
  }

  /** Creates the blobs folder and renames blobs of early Ollama versions (`sha256:…`) to today's form. */
  async prepare(): Promise<void> {
    await mkdir(this.blobs.folder, { recursive: true });
    for (const fileName of await listFolder(this.blobs.folder)) {
      if (isDigest(fileName)) await rename(join(this.blobs.folder, fileName), this.blobs.path(fileName));
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
   * they stay until the last addition in this process is done, or until prune().
   */
  async removeUnreferenced(digests: Iterable<Digest>): Promise<void> {
    for (const digest of digests) this.#unused.add(digest);
    if (this.#unused.size === 0) return;
    await this.locks.remove(async () => {
      const candidates = [...this.#unused];
      const { used } = await this.#references();
      for (const digest of candidates) {
        if (!used.has(digest)) await this.blobs.remove(digest);
        this.#unused.delete(digest);
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
      if (!['EROFS', 'EACCES', 'EPERM'].includes(systemCode(error) ?? '')) throw error;
    }
    return result;
  }

  async #prune({ graceMs, now }: PruneOptions): Promise<PruneResult> {
    const { used, broken } = await this.#references();
    if (broken.length > 0) return { removed: 0, broken };
    const expired = (await this.blobs.list()).filter((entry) => {
      if (entry.digest && used.has(entry.digest)) return false;
      return now - entry.modifiedAt.getTime() > Math.max(graceMs, minimumGraceMs(entry));
    });
    for (const { fileName, digest } of expired) {
      if (digest) await this.blobs.remove(digest);
      else await rm(join(this.blobs.folder, fileName), { force: true });
    }
    await this.manifests.removeLeftovers(now - graceMs);
    await this.sources.prune(used, now - graceMs);
    return { removed: expired.length, broken };
  }

  async #references(): Promise<{ used: Set<Digest>; broken: string[] }> {
    const { entries, broken } = await this.manifests.listOwn();
    return { used: new Set(entries.flatMap(({ manifest }) => manifestDigests(manifest))), broken };
  }
}

function minimumGraceMs(entry: BlobEntry): number {
  return /^sha256-[0-9a-f]{64}-partial/.test(entry.fileName) ? PARTIAL_DOWNLOAD_GRACE_MS : 0;
}
