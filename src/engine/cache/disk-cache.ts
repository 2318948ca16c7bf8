import { createHash } from 'node:crypto';
import { rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { messageOf } from '../../base/errors.ts';
import { isStatePath, makeModelFolder, type StoredFile, stateFileEnding, trimFolder } from './disk-folder.ts';
import { bytesOf } from './host-cache.ts';
import type { SavedState } from './kv-cache.ts';
import { isCovered, type MemoryTraits } from './reuse.ts';
import type { Holding } from './slot.ts';
import { encodeStateFile, readStateBody, readStateHeader, type StateFileHeader } from './state-file.ts';

/** Conversations are private. */
const FILE_MODE = 0o600;
/** More headers would slow each load and each choice; older files wait for their turn to expire. */
const MAX_ENTRIES = 128;

export interface DiskCacheOptions {
  /** Of all models. */
  readonly folder: string;
  /** Name of this model's folder: the digest of its weights in hex. */
  readonly model: string;
  /** Everything else that makes a state fit, as 64 hex digits. */
  readonly settings: string;
  /** Bytes of all models together. */
  readonly budgetBytes: number;
  readonly traits: MemoryTraits;
  /** Told what went wrong; the cache goes on without. */
  readonly report: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface DiskEntry extends StateFileHeader {
  readonly path: string;
}

/** States in files. Only their headers are read until one is wanted. */
export class DiskCache {
  readonly #options: DiskCacheOptions;
  #entries: DiskEntry[] = [];
  /** Bytes written since the start: within the budget, since they are the newest. */
  #written = 0;

  constructor(options: DiskCacheOptions) {
    this.#options = options;
  }

  get entries(): readonly Holding[] {
    return this.#entries;
  }

  /** Reads the headers of this model's files; removes what is corrupt, expired or beyond the budget. */
  async open(): Promise<void> {
    await this.#guard('cannot be used', async () => {
      const { folder, budgetBytes, now } = this.#options;
      const kept = await trimFolder(folder, budgetBytes, now());
      await makeModelFolder(this.#folder);
      const own = kept.filter(({ path }) => dirname(path) === this.#folder && isStatePath(path));
      for (const [index, file] of own.slice(0, MAX_ENTRIES).entries()) await this.#index(file, -1 - index);
    });
  }

  /** @returns undefined when the file turned out unusable; it is gone then */
  async load(entry: Holding): Promise<SavedState | undefined> {
    const found = this.#entries.find((candidate) => candidate === entry);
    if (!found) return undefined;
    const saved = await this.#guard('cannot be read', () => readStateBody(found.path, found));
    if (!saved) {
      this.#options.report(`kv cache: ${found.path} is corrupt, removed`);
      await this.remove(found);
      return undefined;
    }
    await this.#touch(found);
    return saved;
  }

  async remove(entry: Holding): Promise<void> {
    const found = this.#entries.find((candidate) => candidate === entry);
    if (!found) return;
    this.#entries = this.#entries.filter((other) => other !== found);
    await this.#guard('cannot be cleaned', () => rm(found.path, { force: true }));
  }

  /** Whether a file already gives what this holding gives; it then counts as used now. */
  async has(holding: Holding): Promise<boolean> {
    const found = this.#entries.find((entry) => isCovered(holding, [entry], this.#options.traits));
    if (found) await this.#touch(found);
    return found !== undefined;
  }

  fits(bytes: number): boolean {
    return this.#written + bytes <= this.#options.budgetBytes;
  }

  /** Writes a state and removes the files that it makes superfluous. */
  async write(saved: SavedState): Promise<void> {
    const { settings, traits } = this.#options;
    const path = join(this.#folder, fileNameOf(saved, settings));
    await this.#guard('cannot be written', async () => {
      await writeFileAtomically(path, encodeStateFile(saved, settings), FILE_MODE, false);
      this.#written += bytesOf(saved);
      for (const entry of this.#entries) {
        if (entry.path !== path && isCovered(entry, [saved], traits)) await this.remove(entry);
      }
    });
  }

  async trim(): Promise<void> {
    const { folder, budgetBytes, now } = this.#options;
    await this.#guard('cannot be cleaned', () => trimFolder(folder, budgetBytes, now()));
  }

  get #folder(): string {
    return join(this.#options.folder, this.#options.model);
  }

  async #index(file: StoredFile, lastUsed: number): Promise<void> {
    const header = await readStateHeader(file.path).catch(() => undefined);
    if (!header) await rm(file.path, { force: true });
    else if (header.settings === this.#options.settings) {
      this.#entries.push({ ...header, lastUsed, path: file.path });
    }
  }

  async #touch({ path }: DiskEntry): Promise<void> {
    const seconds = this.#options.now() / 1000;
    await utimes(path, seconds, seconds).catch(() => undefined);
  }

  /** A cache that fails is no reason to fail a request. */
  async #guard<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#options.report(`kv cache: ${this.#options.folder} ${what}: ${messageOf(error)}`);
      return undefined;
    }
  }
}

function fileNameOf({ salt, tokens }: Holding, settings: string): string {
  const hash = createHash('sha256').update(settings).update(salt).update(Uint32Array.from(tokens));
  return `${hash.digest('hex')}${stateFileEnding}`;
}
