import type { BigIntStats } from 'node:fs';
import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../base/atomic-file.ts';
import { removeLeftovers } from '../base/leftovers.ts';
import { readRegularFile } from '../base/regular-file.ts';
import { KIB } from '../base/units.ts';
import { LocalFolder } from './local-folder.ts';

/** A record is a path and a few numbers; a larger file is not one of ours. */
const MAX_RECORD_BYTES = 64 * KIB;

const recordPattern = /^(sha256-[0-9a-f]{64})\.json$/;

const whole = z.string().regex(/^\d{1,20}$/);

const recordSchema = z.object({
  kind: z.enum(['hard', 'symbolic']),
  /** The user's path of the file. Only quoted in messages, never opened. */
  source: z.string(),
  size: whole,
  /** Nanoseconds since the epoch. */
  modified: whole,
  /** The file's inode number. */
  file: whole,
});

/** State of a user's file when it became a blob by a link. Numbers are decimal strings. */
export type LinkRecord = z.infer<typeof recordSchema>;

/** `none`: the blob is not a link, or no longer the one that was recorded. */
export type LinkState = 'none' | 'intact' | 'changed' | 'gone';

/** Records beside the blobs, one for each blob that links to a user's file. */
export class LinkRecords {
  readonly #folder: string;
  readonly #local: LocalFolder;

  /** @param beside a folder on the same file system that exists even where there are no records */
  constructor(folder: string, beside: string) {
    this.#folder = folder;
    this.#local = new LocalFolder(beside);
  }

  async read(blobName: string): Promise<LinkRecord | undefined> {
    // Nearly all blobs have none.
    if (this.#local.facts(this.#path(blobName)) === undefined) return undefined;
    try {
      const bytes = await readRegularFile(this.#path(blobName), MAX_RECORD_BYTES);
      return recordSchema.parse(JSON.parse(bytes.toString()));
    } catch {
      return undefined; // Without a trustworthy record, the blob counts as an ordinary file.
    }
  }

  write(blobName: string, record: LinkRecord): Promise<void> {
    return writeFileAtomically(this.#path(blobName), `${JSON.stringify(record)}\n`);
  }

  async remove(blobName: string): Promise<void> {
    await rm(this.#path(blobName), { force: true });
  }

  /**
   * Removes records of blobs that no longer exist, and what interrupted writes left behind.
   * @param before milliseconds since the epoch; newer files may still be in use
   * @param isThere whether a blob of this name exists
   */
  async removeLeftovers(before: number, isThere: (blobName: string) => Promise<boolean>): Promise<void> {
    await removeLeftovers(this.#folder, before);
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const [, blobName] = recordPattern.exec(name) ?? [];
      if (blobName === undefined || (await isThere(blobName))) continue;
      // The record is written before the link.
      const facts = await lstat(join(this.#folder, name)).catch(() => undefined);
      if (facts?.isFile() && facts.mtimeMs < before) await this.remove(blobName);
    }
  }

  #path(blobName: string): string {
    return join(this.#folder, `${blobName}.json`);
  }
}

export function recordOf(kind: LinkRecord['kind'], source: string, facts: BigIntStats): LinkRecord {
  return {
    kind,
    source,
    size: String(facts.size),
    modified: String(facts.mtimeNs),
    file: String(facts.ino),
  };
}

/** Compares the file behind a link with its record. */
export async function linkState(blobPath: string, record: LinkRecord): Promise<LinkState> {
  const entry = await lstat(blobPath, { bigint: true }).catch(() => undefined);
  if (!entry) return 'none';
  const isRecorded =
    record.kind === 'symbolic' ? entry.isSymbolicLink() : entry.isFile() && String(entry.ino) === record.file;
  if (!isRecorded) return 'none';
  const facts = await stat(blobPath, { bigint: true }).catch(() => undefined);
  if (!facts?.isFile()) return 'gone';
  const now = recordOf(record.kind, record.source, facts);
  return now.size === record.size && now.modified === record.modified ? 'intact' : 'changed';
}
