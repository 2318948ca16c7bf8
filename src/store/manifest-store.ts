import { createHash } from 'node:crypto';
import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { explainStorageError, writeFileAtomically } from '../base/atomic-file.ts';
import { messageOf, OllamaError, systemCode } from '../base/errors.ts';
import { removeLeftovers } from '../base/leftovers.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { LruCache } from '../base/lru-cache.ts';
import { NotRegularFileError, openRegularFile, readBounded } from '../base/regular-file.ts';
import type { ModelName } from '../names/model-name.ts';
import { listEntries } from './folder.ts';
import { LocalFolder } from './local-folder.ts';
import { MAX_MANIFEST_BYTES, type Manifest, parseManifest } from './manifest.ts';
import { nameOfPath, pathOfName } from './manifest-path.ts';

export interface StoredManifest {
  readonly name: ModelName;
  /** SHA-256 of the manifest file, 64 hex digits: the model's ID. */
  readonly digest: string;
  readonly manifest: Manifest;
  readonly modifiedAt: Date;
  /** Bytes of all layers and the config. */
  readonly size: number;
  /** The extra folder that contains the manifest; absent for the main folder, the only one that is written. */
  readonly readOnlyFolder?: string;
}

export interface ManifestListing {
  /** Newest first. */
  readonly entries: StoredManifest[];
  /** Full names of models whose manifest cannot be read or understood, and paths of links that are not followed. */
  readonly broken: string[];
}

interface ManifestFile {
  readonly content: Uint8Array;
  readonly modifiedAt: Date;
  readonly version: string;
}

interface KnownManifest {
  readonly version: string;
  readonly stored: StoredManifest;
}

/** A manifest takes a few KB. Every request looks one up, and a listing needs all of them. */
const MAX_KNOWN = 4096;

/** Maximum number of manifests read at once; more would only wait for each other. */
const READ_AT_ONCE = 32;

/** No file system in use has timestamps coarser than this. */
const SETTLED_AFTER_MS = 2000;

/** Maximum number of skipped paths that are remembered, so that each is logged once. */
const MAX_TOLD = 1000;

/** Host, namespace, model and tag. */
const LEVELS = 4;

/**
 * Manifest files `<host>/<namespace>/<model>/<tag>`, exactly four levels deep. A manifest may be a link to a file; links
 * to folders are not followed, because they may lead anywhere, even back to the folder that contains them.
 */
export class ManifestStore {
  readonly folder: string;
  /** By path, valid while the file is unchanged. A `stat` costs a quarter of reading the file. */
  readonly #known = new LruCache<string, KnownManifest>(MAX_KNOWN);
  readonly #local: LocalFolder;
  readonly #logger: Logger;
  readonly #platform: NodeJS.Platform;
  readonly #told = new Set<string>();
  /** Last of the queued changes. Creating and removing folders concurrently would make each other fail. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(folder: string, logger: Logger = silentLogger, platform: NodeJS.Platform = process.platform) {
    this.folder = folder;
    this.#platform = platform;
    this.#local = new LocalFolder(folder);
    this.#logger = logger;
  }

  async list(): Promise<ManifestListing> {
    const entries: StoredManifest[] = [];
    const { names, broken } = await this.#names();
    const readNext = async () => {
      for (let name = names.pop(); name; name = names.pop()) {
        try {
          const entry = await this.#readExactly(name);
          if (entry) entries.push(entry);
        } catch (error) {
          broken.push(name.full);
          this.#tell(this.#path(name), messageOf(error));
        }
      }
    };
    await Promise.all(Array.from({ length: READ_AT_ONCE }, readNext));
    return { entries: newestFirst(entries), broken: broken.sort() };
  }

  /** @throws OllamaError `internal` when the stored manifest is malformed */
  async read(name: ModelName): Promise<StoredManifest | undefined> {
    // Comparing cases lists four folders. It comes before reading, because some file systems open a file by any spelling of its name,
    // and only the folders have the stored one.
    return (await this.#unchanged(name)) ?? this.#readExactly(await this.resolveCase(name));
  }

  /** Bytes of the manifest file, unchanged. */
  async readBytes(name: ModelName): Promise<Uint8Array | undefined> {
    const exact = await this.#bytes(name);
    return (exact ?? (await this.#bytes(await this.resolveCase(name))))?.content;
  }

  /**
   * Stores the bytes unchanged.
   * @throws OllamaError `invalid-request` when they are not a valid manifest, `storage-full`
   */
  write(name: ModelName, content: string | Uint8Array): Promise<StoredManifest> {
    return this.#change(async () => {
      parseManifest(content);
      const resolved = await this.resolveCase(name);
      await this.#requireRealFolders(resolved);
      await writeFileAtomically(this.#path(resolved), content);
      const stored = await this.#readExactly(resolved);
      if (!stored)
        throw new OllamaError(
          'internal',
          `the manifest of "${resolved.short}" disappeared while it was being written: try again`,
        );
      return stored;
    });
  }

  /** Returns false when the source does not exist. */
  copy(source: ModelName, destination: ModelName): Promise<boolean> {
    return this.#change(async () => {
      const from = await this.resolveCase(source);
      const to = await this.resolveCase(destination);
      const bytes = await this.#bytes(from);
      if (!bytes) return false;
      await this.#requireRealFolders(to);
      if (from.full !== to.full) await writeFileAtomically(this.#path(to), bytes.content);
      return true;
    });
  }

  /** Removes the manifest, even a malformed one, and the folders left empty. Returns false when there is no manifest. */
  remove(name: ModelName): Promise<boolean> {
    return this.#change(async () => {
      const resolved = await this.resolveCase(name);
      await this.#requireRealFolders(resolved);
      const path = this.#path(resolved);
      try {
        await rm(path);
      } catch (error) {
        if (isAbsent(error)) return false;
        throw explainStorageError(error, path);
      }
      await this.#removeEmptyFolders(dirname(path));
      return true;
    });
  }

  /** Returns the name with each part in the letter case that is already stored, on file systems with and without letter case. */
  async resolveCase(name: ModelName): Promise<ModelName> {
    const parts: string[] = [];
    let isReal = true;
    for (const part of this.#parts(name)) {
      const entries: Dirent[] = isReal ? await listEntries(join(this.folder, ...parts)) : [];
      const siblings = entries.map((entry) => entry.name);
      const folded = part.toLowerCase();
      parts.push(
        siblings.includes(part) ? part : (siblings.find((item) => item.toLowerCase() === folded) ?? part),
      );
      isReal = entries.some((entry) => entry.name === parts.at(-1) && entry.isDirectory());
    }
    return nameOfPath(parts, this.#platform) ?? name;
  }

  /**
   * Removes what interrupted changes left behind: temporary files, and folders without manifests.
   * @param before milliseconds since the epoch; newer files may still be in use
   */
  removeLeftovers(before: number): Promise<void> {
    return this.#change(async () => {
      const levels: string[][] = [];
      for (let level = [this.folder]; levels.length < LEVELS - 1; levels.push(level)) {
        level = (await Promise.all(level.map(subfolders))).flat();
      }
      for (const folder of levels.at(-1) ?? []) await removeLeftovers(folder, before);
      for (const folder of levels.reverse().flat()) await this.#removeEmptyFolders(folder);
    });
  }

  #path(name: ModelName): string {
    return join(this.folder, ...this.#parts(name));
  }

  /** Names of the three folders and of the file. */
  #parts(name: ModelName): string[] {
    return pathOfName(name, this.#platform);
  }

  /** Names of the manifests; full names and paths of what is there and cannot be used. */
  async #names(): Promise<{ names: ModelName[]; broken: string[] }> {
    const broken: string[] = [];
    const isFollowed = (entry: Dirent, level: number) => {
      if (level === LEVELS) return !entry.isDirectory();
      if (!entry.isSymbolicLink()) return entry.isDirectory();
      const path = join(entry.parentPath, entry.name);
      broken.push(path);
      this.#tell(path, 'links to folders are not followed');
      return false;
    };
    let paths: string[][] = [[]];
    for (let level = 1; level <= LEVELS; level++) {
      const deeper = paths.map(async (path) => {
        const entries = await listEntries(join(this.folder, ...path));
        return entries.filter((entry) => isFollowed(entry, level)).map(({ name }) => [...path, name]);
      });
      paths = (await Promise.all(deeper)).flat();
    }
    const names = paths.flatMap((path) => {
      const name = nameOfPath(path, this.#platform);
      if (!name) return [];
      const place = join(this.folder, ...path);
      if (place === this.#path(name)) return [name];
      broken.push(name.full);
      this.#tell(place, 'the system reserves its name');
      return [];
    });
    return { names, broken };
  }

  /** Logs once for each path. */
  #tell(path: string, reason: string): void {
    if (this.#told.has(path) || this.#told.size >= MAX_TOLD) return;
    this.#told.add(path);
    this.#logger.warn('a manifest cannot be used; it is skipped', { path, reason });
  }

  /** @throws OllamaError `internal` when a folder of the name is a link */
  async #requireRealFolders(name: ModelName): Promise<void> {
    const parts = this.#parts(name);
    const folders = [1, 2, 3].map((count) => join(this.folder, ...parts.slice(0, count)));
    const facts = await Promise.all(folders.map((path) => lstat(path).catch(() => undefined)));
    const link = folders.find((_, index) => facts[index]?.isSymbolicLink());
    if (link === undefined) return;
    const message = `${link} is a link, and links to folders are not followed here: move the folder to this place`;
    throw new OllamaError('internal', message);
  }

  async #readExactly(name: ModelName): Promise<StoredManifest | undefined> {
    const path = this.#path(name);
    const known = await this.#unchanged(name);
    if (known) return known;
    await this.#requireRealFolders(name);
    const bytes = await this.#bytes(name);
    if (!bytes) return undefined;
    const manifest = parseStored(name, bytes.content);
    const size = manifest.layers.reduce((total, layer) => total + layer.size, manifest.config.size);
    const digest = createHash('sha256').update(bytes.content).digest('hex');
    const stored = { name, digest, manifest, modifiedAt: bytes.modifiedAt, size };
    // A second write within the resolution of the timestamp would go unnoticed.
    const isSettled = Date.now() - bytes.modifiedAt.getTime() > SETTLED_AFTER_MS;
    if (isSettled) this.#known.set(path, { version: bytes.version, stored });
    return stored;
  }

  /** What was read under this spelling before; undefined when the file has changed since, or was not read. */
  async #unchanged(name: ModelName): Promise<StoredManifest | undefined> {
    const path = this.#path(name);
    const known = this.#known.get(path);
    if (!known || (await this.#versionOf(path)) !== known.version) return undefined;
    return { ...known.stored, name };
  }

  /** @returns undefined when the file does not exist */
  async #versionOf(path: string): Promise<string | undefined> {
    const facts = this.#local.fileFacts(path);
    if (facts !== 'unknown') return facts && versionIn(facts);
    return stat(path, { bigint: true }).then(versionIn, () => undefined);
  }

  async #bytes(name: ModelName): Promise<ManifestFile | undefined> {
    const path = this.#path(name);
    try {
      const file = await openRegularFile(path);
      try {
        const facts = await file.stat({ bigint: true });
        const content = await readBounded(file, path, MAX_MANIFEST_BYTES);
        return { content, modifiedAt: facts.mtime, version: versionIn(facts) };
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isAbsent(error) || (await isFolder(path, error))) return undefined;
      throw error instanceof OllamaError ? brokenManifest(name, messageOf(error), error) : error;
    }
  }

  async #removeEmptyFolders(folder: string): Promise<void> {
    for (let current = folder; relative(this.folder, current) !== ''; current = dirname(current)) {
      try {
        await rmdir(current);
      } catch {
        return; // Not empty or not a folder: stop climbing.
      }
    }
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lastChange.then(work);
    this.#lastChange = result.catch(() => undefined);
    return result;
  }
}

/** Paths of the folders in a folder, without links to folders. */
async function subfolders(folder: string): Promise<string[]> {
  const entries = await listEntries(folder);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

/** Whether opening a file failed because there is a folder, not a link to one. */
async function isFolder(path: string, error: unknown): Promise<boolean> {
  if (!(error instanceof NotRegularFileError) || error.kind !== 'folder') return false;
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

export function newestFirst(entries: StoredManifest[]): StoredManifest[] {
  return entries.sort(
    (left, right) => secondsOf(right) - secondsOf(left) || (left.name.full < right.name.full ? -1 : 1),
  );
}

function secondsOf(entry: StoredManifest): number {
  return Math.floor(entry.modifiedAt.getTime() / 1000);
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}

function parseStored(name: ModelName, content: Uint8Array): Manifest {
  try {
    return parseManifest(content);
  } catch (error) {
    throw brokenManifest(name, messageOf(error), error);
  }
}

function brokenManifest(name: ModelName, reason: string, cause?: unknown): OllamaError {
  const message = `the stored manifest of "${name.short}" is unusable (${reason}): remove the model and pull or create it again`;
  return new OllamaError('internal', message, { cause });
}

/** Changes with every write to the file, and when another file replaces it. */
function versionIn({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}
