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
/** Maximum number of headers read. More would slow each load and each choice; older files stay until they expire. */
const MAX_ENTRIES = 128;

/** Number of hex digits of `settings` that must be equal for a state to fit. */
export const SETTINGS_HALF = 32;

export interface DiskCacheOptions {
  /** Folder shared by all models. */
  readonly folder: string;
  /** Name of this model's folder: the digest of its weights in hex. */
  readonly model: string;
  /**
   * 64 hex digits: a hash of everything else that decides whether a state fits, then one of what else its exact values
   * depend on.
   */
  readonly settings: string;
  /** Number of tokens in a slot. Longer states stay on disk for longer contexts. */
  readonly maxTokens: number;
  /** Byte budget for all models together. */
  readonly budgetBytes: number;
  readonly traits: MemoryTraits;
  /** Called with a description of what went wrong; the cache continues without the file. */
  readonly report: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface DiskEntry extends StateFileHeader {
  readonly path: string;
}

/** Saved states in files. Only the headers are read until a state is needed. */
export class DiskCache {
  readonly #options: DiskCacheOptions;
  #entries: DiskEntry[] = [];
  /** Bytes written since the start; limited to the budget because these files are the newest. */
  #written = 0;

  constructor(options: DiskCacheOptions) {
    this.#options = options;
  }

  get entries(): readonly Holding[] {
    return this.#entries;
  }

  /** Reads the headers of this model's files; removes files that are corrupt, expired or over the budget. */
  async open(): Promise<void> {
    await this.#guard('cannot be used', async () => {
      const { folder, budgetBytes, now } = this.#options;
      const kept = await trimFolder(folder, budgetBytes, now());
      await makeModelFolder(this.#folder);
      const own = kept.filter(({ path }) => dirname(path) === this.#folder && isStatePath(path));
      for (const [index, file] of own.slice(0, MAX_ENTRIES).entries()) await this.#index(file, -1 - index);
    });
  }

  /** @returns undefined when the file is unusable; it is removed then */
  async load(entry: Holding): Promise<SavedState | undefined> {
    const found = this.#entries.find((candidate) => candidate === entry);
    if (!found) return undefined;
    const saved = await this.#guard('cannot be read', () => readStateBody(found.path, found));
    if (!saved) {
      this.#options.report(`kv cache: ${found.path} is corrupt and was removed`);
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
    await this.#guard('cannot be cleaned up', () => rm(found.path, { force: true }));
  }

  /** Whether a file already covers this holding; if so, the file counts as used now. */
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
    await this.#guard('cannot be cleaned up', () => trimFolder(folder, budgetBytes, now()));
  }

  get #folder(): string {
    return join(this.#options.folder, this.#options.model);
  }

  async #index(file: StoredFile, lastUsed: number): Promise<void> {
    const header = await readStateHeader(file.path).catch(() => undefined);
    if (!header) {
      await rm(file.path, { force: true });
      return;
    }
    const { settings, maxTokens } = this.#options;
    const fits = header.settings.slice(0, SETTINGS_HALF) === settings.slice(0, SETTINGS_HALF);
    if (!fits || header.tokens.length > maxTokens) return;
    const fixedLength = header.settings === settings ? header.fixedLength : 0;
    this.#entries.push({ ...header, fixedLength, lastUsed, path: file.path });
  }

  async #touch({ path }: DiskEntry): Promise<void> {
    const seconds = this.#options.now() / 1000;
    await utimes(path, seconds, seconds).catch(() => undefined);
  }

  /** Reports a failure of the cache instead of throwing, so that the request does not fail. */
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
  const hash = createHash('sha256').update(settings).update(salt).update(Int32Array.from(tokens));
  return `${hash.digest('hex')}${stateFileEnding}`;
}
