import { createHash, randomInt } from 'node:crypto';
import { type FileHandle, lstat, mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explainStorageError } from '../base/atomic-file.ts';
import { OllamaError, systemCode } from '../base/errors.ts';
import { removeUnlessInUse, renameOver } from '../base/files/replace-file.ts';
import { kindOf, openRegularFile, readBounded } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { type Digest, digestFileName, parseDigest } from '../names/digest.ts';
import { listFolder, regularFileSize } from './folder.ts';
import { hashFile } from './hash-file.ts';
import { writeHashedFile } from './hashed-file.ts';
import { type LinkRecord, LinkRecords, linkState } from './link-records.ts';
import { LocalFolder } from './local-folder.ts';

/** Templates, licences and messages are read whole; messages may contain a few images. Weights are never read this way. */
const MAX_TEXT_BYTES = 32 * MIB;

/** Names of links that are not blobs yet. */
const linkPlacePattern = /^link-[0-9a-f]{32}$/;

/**
 * Numbers in the names of files that programs write. Those of uploads are smaller, Ollama's have ten digits at most, and Ollama
 * takes both for its own unfinished layers.
 */
const workPlaceNumbers = [9 * 10 ** 14, 9 * 10 ** 14 + 2 ** 46] as const;
const workPlacePattern = /^sha256-9\d{14}$/;

export interface BlobEntry {
  readonly fileName: string;
  /** Absent for temporary files and partial downloads. */
  readonly digest?: Digest;
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
}

export interface WriteOptions {
  readonly expected?: Digest;
  readonly signal?: AbortSignal;
  /** Called with the path of the complete file before it becomes a blob. If it throws, nothing is kept. */
  readonly check?: (path: string) => Promise<void>;
}

export interface WrittenBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** True when the same blob was already stored. */
  readonly existed: boolean;
}

/** Removes a file; false when it is in use. */
export type RemoveFile = (path: string) => Promise<boolean>;

interface BlobStoreOptions {
  /** Blobs folders of other programs, only read. */
  readonly extraFolders?: readonly string[];
  readonly remove?: RemoveFile;
}

/** What a program says of the file that it has written. */
export interface HashedFile {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Content-addressed files: each is named by the SHA-256 of its bytes. Blobs in an extra folder are read from there; only
 * the main folder is written.
 */
export class BlobStore {
  readonly folder: string;
  readonly #extraFolders: readonly string[];
  readonly #links: LinkRecords;
  readonly #local: LocalFolder;
  readonly #remove: RemoveFile;

  constructor(folder: string, { extraFolders = [], remove = removeUnlessInUse }: BlobStoreOptions = {}) {
    this.folder = folder;
    this.#extraFolders = extraFolders;
    this.#remove = remove;
    this.#links = new LinkRecords(join(folder, '..', 'links'), folder);
    this.#local = new LocalFolder(folder);
  }

  /** The only place that turns a digest into a path. Returns where a blob is written; `locate` finds an existing one. */
  path(digest: Digest, folder: string = this.folder): string {
    return join(folder, digestFileName(digest));
  }

  /** Path of a blob, here or in an extra folder; if it does not exist, the path it would have here. */
  async locate(digest: Digest): Promise<string> {
    return (await this.#find(digest))?.path ?? this.path(digest);
  }

  /** Bytes, or undefined when there is no such blob. A link to a file that has changed does not count. */
  async size(digest: Digest): Promise<number | undefined> {
    return (await this.#find(digest))?.size;
  }

  /** What is wrong with a blob that links to a user's file; undefined for all other blobs. */
  async linkProblem(digest: Digest): Promise<string | undefined> {
    const record = await this.#links.read(digestFileName(digest));
    const state = record && (await linkState(this.path(digest), record));
    if (!record || (state !== 'gone' && state !== 'changed')) return undefined;
    if ((await this.size(digest)) !== undefined) return undefined; // An extra folder has another copy.
    return state === 'gone'
      ? `the linked file ${record.source} no longer exists: put it back, or create the model again`
      : `the linked file ${record.source} has changed since the model was created: create the model again`;
  }

  /** Where a client puts a link that is to become a blob; prune() removes a link that is never adopted. */
  linkPlace(token: string): string {
    const name = `link-${token}`;
    if (!linkPlacePattern.test(name)) throw new OllamaError('invalid-request', 'invalid link token');
    return join(this.folder, name);
  }

  /** Like `linkPlace`, but creates the folder first. */
  async newLinkPlace(token: string): Promise<string> {
    await this.#makeFolder();
    return this.linkPlace(token);
  }

  /** Replaces the blob with a checked link. */
  async replaceByLink(digest: Digest, place: string, record: LinkRecord): Promise<void> {
    // Write the record first: it has no effect until the link exists.
    await this.#links.write(digestFileName(digest), record);
    await renameOver(place, this.path(digest));
  }

  /**
   * Stores the bytes under their digest, or nothing: they are hashed while they are written to a temporary file, which is
   * then flushed and renamed.
   * @throws OllamaError `invalid-request` when the digest is not the expected one, `storage-full`, `storage-read-only`,
   *   `canceled`
   */
  async write(body: AsyncIterable<Uint8Array>, options: WriteOptions = {}): Promise<WrittenBlob> {
    await this.#makeFolder();
    const temporary = this.#temporaryPath();
    try {
      const hash = createHash('sha256');
      const size = await writeHashedFile(temporary, body, hash, options.signal);
      const digest = parseDigest(`sha256:${hash.digest('hex')}`);
      if (options.expected !== undefined && options.expected !== digest) {
        const message = `digest mismatch, expected "${options.expected}", got "${digest}"`;
        throw new OllamaError('invalid-request', message);
      }
      await options.check?.(temporary);
      const existed = (await this.size(digest)) === size;
      if (!existed) await renameOver(temporary, this.path(digest));
      return { digest, size, existed };
    } catch (error) {
      throw explainStorageError(error, this.folder);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /**
   * Creates an empty file for a program to write a future blob to. The caller holds the lock of those who add blobs, because
   * prune() removes the file as soon as nobody does.
   */
  async newTemporaryPlace(): Promise<string> {
    await this.#makeFolder();
    const place = join(this.folder, `sha256-${randomInt(...workPlaceNumbers)}`);
    try {
      await (await open(place, 'wx', 0o644)).close();
      return place;
    } catch (error) {
      throw explainStorageError(error, place);
    }
  }

  /**
   * Turns a finished file from `newTemporaryPlace` into a blob.
   * @throws OllamaError `canceled`; errors of the file system
   */
  async adopt(place: string, signal?: AbortSignal): Promise<WrittenBlob> {
    const digest = await hashFile(place, signal);
    const { size } = await syncFile(place);
    const existed = (await this.size(digest)) === size;
    if (!existed) await renameOver(place, this.path(digest));
    return { digest, size, existed };
  }

  /**
   * Like `adopt`, but trusts the digest of the program that wrote the file, so that the bytes are not read a second time.
   * @throws OllamaError `internal` when the file has another size; errors of the file system
   */
  async adoptHashed(place: string, { digest, size }: HashedFile): Promise<WrittenBlob> {
    const checked = parseDigest(digest);
    const facts = await syncFile(place);
    if (facts.size !== size) {
      const message = `${place} has ${facts.size} bytes instead of ${size}: another program has changed it; try again`;
      throw new OllamaError('internal', message);
    }
    const existed = (await this.size(checked)) === size;
    if (!existed) await renameOver(place, this.path(checked));
    return { digest: checked, size, existed };
  }

  writeText(text: string): Promise<WrittenBlob> {
    return this.write(oneChunk(new TextEncoder().encode(text)));
  }

  /**
   * Opens a blob for reading.
   * @throws OllamaError `not-found`, `internal` for anything but a regular file
   */
  async open(digest: Digest): Promise<FileHandle> {
    try {
      return await openRegularFile(await this.locate(digest));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      throw missingBlob(digest, error);
    }
  }

  /**
   * Reads a small blob as text.
   * @throws OllamaError `not-found`, `too-large`, `internal` for anything but a regular file
   */
  async read(digest: Digest): Promise<string> {
    const file = await this.open(digest);
    try {
      return (await readBounded(file, `blob ${digest}`, MAX_TEXT_BYTES)).toString();
    } finally {
      await file.close();
    }
  }

  /**
   * Does nothing when the blob does not exist.
   * @returns false when it stays because it is in use, as the weights of a loaded model are on Windows
   */
  async remove(digest: Digest): Promise<boolean> {
    if (!(await this.removeFile(digestFileName(digest)))) return false;
    await this.#links.remove(digestFileName(digest));
    return true;
  }

  /** Like `remove`, for a file that is not a blob. */
  async removeFile(fileName: string): Promise<boolean> {
    const path = join(this.folder, fileName);
    try {
      return await this.#remove(path);
    } catch (error) {
      throw explainStorageError(error, path);
    }
  }

  /**
   * Lists the files and links in the folder, including temporary ones.
   * @param onSkipped called with the path of anything else, and what it is
   */
  async list(onSkipped: (path: string, kind: string) => void = () => undefined): Promise<BlobEntry[]> {
    const entries = await Promise.all(
      (await listFolder(this.folder)).map((fileName) => this.#describe(fileName, onSkipped)),
    );
    return entries.filter((entry) => entry !== undefined);
  }

  /** Like `LinkRecords.removeLeftovers`. */
  removeLeftoverRecords(before: number): Promise<void> {
    const isThere = async (blobName: string) =>
      (await lstat(join(this.folder, blobName)).catch(() => undefined)) !== undefined;
    return this.#links.removeLeftovers(before, isThere);
  }

  /** The age of a link is its own, not that of the user's file to which it leads. */
  async #describe(
    fileName: string,
    onSkipped: (path: string, kind: string) => void,
  ): Promise<BlobEntry | undefined> {
    const path = join(this.folder, fileName);
    const facts = await lstat(path).catch(() => undefined);
    if (!facts) return undefined;
    const target = facts.isSymbolicLink() ? await stat(path).catch(() => undefined) : facts;
    const isPlace = linkPlacePattern.test(fileName);
    const isFile = target === undefined || target.isFile();
    if (!isFile && !(isPlace && facts.isSymbolicLink())) {
      onSkipped(path, kindOf(target));
      return undefined;
    }
    const digest = digestOfFileName(fileName);
    // A hard link has the modification time of the user's file; its facts last changed when the link was made.
    const modifiedAt = isPlace && facts.isFile() ? facts.ctime : facts.mtime;
    return { fileName, size: target?.size ?? 0, modifiedAt, ...(digest && { digest }) };
  }

  async #makeFolder(): Promise<void> {
    await mkdir(this.folder, { recursive: true }).catch((error: unknown) => {
      throw explainStorageError(error, this.folder);
    });
  }

  /** Ollama's own pattern for unfinished layers. It is not a valid digest, so prune() removes the file once it is old. */
  #temporaryPath(): string {
    return join(this.folder, `sha256-${randomInt(2 ** 47)}`);
  }

  async #find(digest: Digest): Promise<{ path: string; size: number } | undefined> {
    const own = this.path(digest);
    const facts = this.#local.fileFacts(own);
    const size = facts === 'unknown' ? await regularFileSize(own) : facts && Number(facts.size);
    if (size !== undefined && !(await this.#isStaleLink(digest))) return { path: own, size };
    for (const folder of this.#extraFolders) {
      const path = this.path(digest, folder);
      // An unreadable folder counts as empty.
      const found = await regularFileSize(path).catch(() => undefined);
      if (found !== undefined) return { path, size: found };
    }
    return undefined;
  }

  async #isStaleLink(digest: Digest): Promise<boolean> {
    const record = await this.#links.read(digestFileName(digest));
    return record !== undefined && (await linkState(this.path(digest), record)) === 'changed';
  }
}

/** Whether a file in the folder is a place from `newTemporaryPlace`. */
export function isWorkPlace(fileName: string): boolean {
  return workPlacePattern.test(fileName);
}

export function missingBlob(digest: Digest, cause?: unknown): OllamaError {
  return new OllamaError('not-found', `blob "${digest}" not found: pull or create the model again`, {
    cause,
  });
}

/** Flushes a file to disk. */
async function syncFile(path: string): Promise<{ size: number }> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
    return await file.stat();
  } finally {
    await file.close();
  }
}

/** Digest in the name of a blob file; temporary and partial files have none. */
function digestOfFileName(fileName: string): Digest | undefined {
  return /^sha256-[0-9a-f]{64}$/.test(fileName) ? parseDigest(fileName) : undefined;
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
