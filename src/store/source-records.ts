import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-file.ts';
import { openRegularFile } from '../base/regular-file.ts';
import { type Digest, isDigest } from '../names/digest.ts';
import type { BlobStore } from './blob-store.ts';
import { listFolder } from './folder.ts';

/** "sha256:" and 64 digits. */
const DIGEST_LENGTH = 71;

/** Remembers which blob a version of a file at a URL became, so that it is not downloaded again. */
export class SourceRecords {
  readonly #blobs: BlobStore;
  readonly #folder: string;

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
    this.#folder = join(blobs.folder, '..', 'sources');
  }

  /**
   * @param key identifies the URL and the version there
   * @param size bytes; a blob of another size does not match
   * @returns undefined when the blob is no longer stored
   */
  async find(key: Digest, size: number): Promise<Digest | undefined> {
    const record = await readRecord(this.#path(key)).catch(() => undefined);
    if (record === undefined) return undefined;
    const { text } = record;
    if (isDigest(text) && (await this.#blobs.size(text)) === size) return text;
    await rm(this.#path(key), { force: true });
    return undefined;
  }

  async add(key: Digest, digest: Digest): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeFileAtomically(this.#path(key), digest, 0o644, false);
  }

  /**
   * Removes the records of blobs that are not used any more.
   * @param before milliseconds since the epoch; younger records stay, because their model may still be in the making
   */
  async prune(used: ReadonlySet<Digest>, before: number): Promise<void> {
    for (const fileName of await listFolder(this.#folder)) {
      const path = join(this.#folder, fileName);
      const record = await readRecord(path).catch(() => undefined);
      if (record === undefined || record.modifiedMs > before) continue;
      if (!isDigest(record.text) || !used.has(record.text)) await rm(path, { force: true });
    }
  }

  #path(key: Digest): string {
    // The key is our own hash, so its digits are a safe name.
    return join(this.#folder, key.slice('sha256:'.length));
  }
}

async function readRecord(path: string): Promise<{ text: string; modifiedMs: number }> {
  const file = await openRegularFile(path);
  try {
    const { mtimeMs: modifiedMs } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(DIGEST_LENGTH + 1));
    return { text: buffer.toString('latin1', 0, bytesRead), modifiedMs };
  } finally {
    await file.close();
  }
}
