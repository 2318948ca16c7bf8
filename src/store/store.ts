import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, isDigest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import { type BlobEntry, BlobStore } from './blob-store.ts';
import { listFolder } from './folder.ts';
import { manifestDigests } from './manifest.ts';
import { ManifestStore } from './manifest-store.ts';

/** Blobs younger than this may belong to a pull or create that is still running. */
export const PRUNE_GRACE_MS = 60 * 60 * 1000;

/** An interrupted download is kept longer: pulling a large model again from the start costs its user hours. */
const PARTIAL_DOWNLOAD_GRACE_MS = 7 * 24 * 60 * 60 * 1000;

export interface PruneOptions {
  readonly graceMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface PruneResult {
  /** Files removed from the blobs folder. */
  readonly removed: number;
  /** Models with a broken manifest; when there is one, nothing is removed. */
  readonly broken: readonly string[];
}

/** A models folder in Ollama's layout: `blobs/` and `manifests/`. */
export class Store {
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;

  constructor(folder: string) {
    this.blobs = new BlobStore(join(folder, 'blobs'));
    this.manifests = new ManifestStore(join(folder, 'manifests'));
  }

  /** Makes the folder usable; blob names of early Ollama versions (`sha256:…`) become today's. */
  async prepare(): Promise<void> {
    await mkdir(this.blobs.folder, { recursive: true });
    for (const fileName of await listFolder(this.blobs.folder)) {
      if (isDigest(fileName)) await rename(join(this.blobs.folder, fileName), this.blobs.path(fileName));
    }
  }

  /** Removes the manifest and the blobs that no other model uses. False when there is no such model. */
  async removeModel(name: ModelName): Promise<boolean> {
    const stored = await this.manifests.read(name).catch(() => undefined);
    const removed = await this.manifests.remove(name);
    if (removed && stored) await this.removeUnreferenced(manifestDigests(stored.manifest));
    return removed;
  }

  /** Of these blobs, removes those that no manifest names. */
  async removeUnreferenced(digests: Iterable<Digest>): Promise<void> {
    const { used } = await this.#references();
    for (const digest of new Set(digests)) {
      if (!used.has(digest)) await this.blobs.remove(digest);
    }
  }

  /** Removes old files that no manifest names, unless a manifest is broken and may be the one that does. */
  async prune({ graceMs, now }: PruneOptions): Promise<PruneResult> {
    const { used, broken } = await this.#references();
    if (broken.length > 0) return { removed: 0, broken };
    const expired = (await this.blobs.list()).filter((entry) => {
      if (entry.digest && used.has(entry.digest)) return false;
      return now - entry.modifiedAt.getTime() > Math.max(graceMs, minimumGraceMs(entry));
    });
    for (const { fileName } of expired) await rm(join(this.blobs.folder, fileName), { force: true });
    await this.manifests.removeEmptyFolders();
    return { removed: expired.length, broken };
  }

  async #references(): Promise<{ used: Set<Digest>; broken: string[] }> {
    const { entries, broken } = await this.manifests.list();
    return { used: new Set(entries.flatMap(({ manifest }) => manifestDigests(manifest))), broken };
  }
}

function minimumGraceMs(entry: BlobEntry): number {
  return /^sha256-[0-9a-f]{64}-partial/.test(entry.fileName) ? PARTIAL_DOWNLOAD_GRACE_MS : 0;
}
