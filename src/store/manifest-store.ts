import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { open, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { temporaryPattern, writeFileAtomically } from '../base/atomic-file.ts';
import { messageOf, OllamaError, systemCode } from '../base/errors.ts';
import { LruCache } from '../base/lru-cache.ts';
import { ModelName } from '../names/model-name.ts';
import { listFolder } from './folder.ts';
import { MAX_MANIFEST_BYTES, type Manifest, parseManifest } from './manifest.ts';

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
  /** Full names of models whose manifest cannot be read or understood. */
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

/** Manifest files `<host>/<namespace>/<model>/<tag>`, exactly four levels deep. */
export class ManifestStore {
  readonly folder: string;
  /** By path, valid while the file is unchanged. A `stat` costs a quarter of reading the file. */
  readonly #known = new LruCache<string, KnownManifest>(MAX_KNOWN);
  /** Last of the queued changes. Creating and removing folders concurrently would make each other fail. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.folder = folder;
  }

  async list(): Promise<ManifestListing> {
    const entries: StoredManifest[] = [];
    const broken: string[] = [];
    const names = await this.#names();
    const readNext = async () => {
      for (let name = names.pop(); name; name = names.pop()) {
        try {
          const entry = await this.#readExactly(name);
          if (entry) entries.push(entry);
        } catch {
          broken.push(name.full);
        }
      }
    };
    await Promise.all(Array.from({ length: READ_AT_ONCE }, readNext));
    return { entries: newestFirst(entries), broken: broken.sort() };
  }

  /** @throws OllamaError `internal` when the stored manifest is malformed */
  async read(name: ModelName): Promise<StoredManifest | undefined> {
    // Most names have the stored letter case; comparing cases would list four folders.
    return (await this.#readExactly(name)) ?? this.#readExactly(await this.resolveCase(name));
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
      if (from.full !== to.full) await writeFileAtomically(this.#path(to), bytes.content);
      return true;
    });
  }

  /** Removes the manifest, even a malformed one, and the folders left empty. Returns false when there is no manifest. */
  remove(name: ModelName): Promise<boolean> {
    return this.#change(async () => {
      const path = this.#path(await this.resolveCase(name));
      try {
        await rm(path);
      } catch (error) {
        if (isAbsent(error)) return false;
        throw error;
      }
      await this.#removeEmptyFolders(dirname(path));
      return true;
    });
  }

  /** Returns the name with each part in the letter case that is already stored. */
  async resolveCase(name: ModelName): Promise<ModelName> {
    const parts: string[] = [];
    for (const part of [name.host, name.namespace, name.model, name.tag]) {
      const siblings = await listFolder(join(this.folder, ...parts));
      const folded = part.toLowerCase();
      parts.push(
        siblings.includes(part) ? part : (siblings.find((item) => item.toLowerCase() === folded) ?? part),
      );
    }
    return nameOf(parts) ?? name;
  }

  /**
   * Removes what interrupted changes left behind: temporary files, and folders without manifests.
   * @param before milliseconds since the epoch; newer files may still be in use
   */
  removeLeftovers(before: number): Promise<void> {
    return this.#change(async () => {
      for (const host of await listFolder(this.folder)) {
        for (const namespace of await listFolder(join(this.folder, host))) {
          for (const model of await listFolder(join(this.folder, host, namespace))) {
            const folder = join(this.folder, host, namespace, model);
            await removeTemporaryFiles(folder, before);
            await this.#removeEmptyFolders(folder);
          }
          await this.#removeEmptyFolders(join(this.folder, host, namespace));
        }
        await this.#removeEmptyFolders(join(this.folder, host));
      }
    });
  }

  #path(name: ModelName): string {
    return join(this.folder, name.host, name.namespace, name.model, name.tag);
  }

  async #names(): Promise<ModelName[]> {
    let paths: string[][] = [[]];
    for (let level = 0; level < 4; level++) {
      const deeper = paths.map(async (path) => {
        const children = await listFolder(join(this.folder, ...path));
        return children.map((child) => [...path, child]);
      });
      paths = (await Promise.all(deeper)).flat();
    }
    return paths.map(nameOf).filter((name) => name !== undefined);
  }

  async #readExactly(name: ModelName): Promise<StoredManifest | undefined> {
    const path = this.#path(name);
    const known = this.#known.get(path);
    if (known && (await versionOf(path)) === known.version) return { ...known.stored, name };
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

  async #bytes(name: ModelName): Promise<ManifestFile | undefined> {
    try {
      const file = await open(this.#path(name));
      try {
        const facts = await file.stat({ bigint: true });
        if (!facts.isFile()) return undefined;
        if (facts.size > MAX_MANIFEST_BYTES)
          throw brokenManifest(name, `larger than ${MAX_MANIFEST_BYTES} bytes`);
        return { content: await file.readFile(), modifiedAt: facts.mtime, version: versionIn(facts) };
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
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

async function removeTemporaryFiles(folder: string, before: number): Promise<void> {
  for (const name of await listFolder(folder)) {
    if (!temporaryPattern.test(name)) continue;
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts && facts.mtimeMs < before) await rm(path, { force: true });
  }
}

function nameOf(parts: readonly string[]): ModelName | undefined {
  const [host = '', namespace = '', model = '', tag = ''] = parts;
  return ModelName.fromParts({ host, namespace, model, tag });
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

/** @returns undefined when the file does not exist */
async function versionOf(path: string): Promise<string | undefined> {
  return stat(path, { bigint: true }).then(versionIn, () => undefined);
}
