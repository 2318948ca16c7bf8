import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileObject } from '../api/batches.ts';
import { explainStorageError } from '../base/atomic-file.ts';
import type { Clock } from '../base/clock.ts';
import { OllamaError, systemCode } from '../base/errors.ts';
import { renameOver } from '../base/files/replace-file.ts';
import { makePrivateFolder } from '../base/private-folder.ts';
import { GIB, MIB } from '../base/units.ts';
import { newFileId } from './ids.ts';
import { type BatchLimits, FILE_LIFE_S, MAX_FILE_NAME } from './limits.ts';
import {
  addRecord,
  contentPath,
  listFiles,
  measureFolder,
  readFile,
  removeFile,
  type StoredFile,
} from './owner-files.ts';

export interface NewFile {
  /** As the client calls it. */
  readonly filename: string;
  /** Seconds; absent = 30 days. */
  readonly life?: number | undefined;
}

export interface FileStoreParts {
  /** Where the folders of the owners are. */
  readonly folder: string;
  readonly clock: Clock;
  readonly limits: BatchLimits;
}

const FILE_MODE = 0o600;
const SECOND_MS = 1000;

/** Files of requests, and of their results, each owner's its own. */
export class FileStore {
  readonly #parts: FileStoreParts;
  /** Uploads of each owner that have begun. */
  readonly #uploads = new Map<string, number>();

  constructor(parts: FileStoreParts) {
    this.#parts = parts;
  }

  /** Seconds since the epoch. */
  get now(): number {
    return Math.floor(this.#parts.clock.date() / SECOND_MS);
  }

  folderOf(owner: string): string {
    return join(this.#parts.folder, owner);
  }

  /**
   * Keeps an upload.
   * @throws OllamaError `rate-limited`, `too-large`, `storage-full`, `storage-read-only`; what reading the content throws
   */
  async add(owner: string, file: NewFile, content: AsyncIterable<Uint8Array>): Promise<FileObject> {
    const begun = this.#uploads.get(owner) ?? 0;
    if (begun >= this.#parts.limits.uploads) {
      throw new OllamaError('rate-limited', `${begun} uploads are under way, the maximum: wait for one`);
    }
    this.#uploads.set(owner, begun + 1);
    try {
      return await this.#add(owner, file, content);
    } finally {
      const left = (this.#uploads.get(owner) ?? 1) - 1;
      if (left > 0) this.#uploads.set(owner, left);
      else this.#uploads.delete(owner);
    }
  }

  async #add(owner: string, file: NewFile, content: AsyncIterable<Uint8Array>): Promise<FileObject> {
    const folder = this.#prepared(owner);
    await this.#requireRoom(folder);
    const id = newFileId();
    const path = contentPath(folder, id);
    try {
      const bytes = await write(path, content, this.#parts.limits.fileBytes);
      return await addRecord(folder, { ...this.#record(id, file), bytes, purpose: 'batch' });
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      throw explainStorageError(error, path);
    }
  }

  /**
   * Makes a file of results of what is complete at a path. It can be repeated, and makes nothing of a file that was deleted since.
   * @throws OllamaError of a disk
   */
  async adopt(owner: string, from: string, file: NewFile & { readonly id: string }): Promise<void> {
    const folder = this.#prepared(owner);
    const path = contentPath(folder, file.id);
    await renameOver(from, path).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw explainStorageError(error, path);
    });
    const facts = await stat(path).catch(() => undefined);
    if (!facts?.isFile()) return;
    await addRecord(folder, { ...this.#record(file.id, file), bytes: facts.size, purpose: 'batch_output' });
  }

  /** @throws OllamaError `object-not-found` */
  get(owner: string, id: string): Promise<StoredFile> {
    return readFile(this.folderOf(owner), id, this.now);
  }

  /** @returns the newest first */
  list(owner: string): Promise<FileObject[]> {
    return listFiles(this.folderOf(owner), this.now);
  }

  /** Sets how long a file is kept, in seconds since it was made. @throws OllamaError `object-not-found`; of a disk */
  async expireAfter(owner: string, id: string, life: number): Promise<FileObject> {
    const { object: _object, status: _status, ...record } = (await this.get(owner, id)).object;
    return addRecord(this.folderOf(owner), { ...record, expires_at: record.created_at + life });
  }

  /** @throws OllamaError `object-not-found`, `storage-read-only` */
  async remove(owner: string, id: string): Promise<void> {
    await this.get(owner, id);
    await removeFile(this.folderOf(owner), id);
  }

  /** @throws OllamaError `storage-read-only` and the like */
  #prepared(owner: string): string {
    const folder = this.folderOf(owner);
    try {
      makePrivateFolder(folder);
    } catch (error) {
      throw explainStorageError(error, folder);
    }
    return folder;
  }

  async #requireRoom(folder: string): Promise<void> {
    const { limits } = this.#parts;
    const { files, bytes } = await measureFolder(folder);
    const advice = 'delete some with DELETE /v1/files/ID, or wait until they expire';
    if (files >= limits.files) {
      throw new OllamaError('too-large', `there are ${files} files, the maximum: ${advice}`);
    }
    if (bytes >= limits.ownerBytes) {
      const most = Math.floor(limits.ownerBytes / GIB);
      throw new OllamaError('too-large', `the files have more than ${most} GiB, the maximum: ${advice}`);
    }
  }

  #record(id: string, { filename, life = FILE_LIFE_S }: NewFile) {
    const created = this.now;
    return {
      id,
      created_at: created,
      expires_at: created + life,
      filename: filename.slice(0, MAX_FILE_NAME),
    };
  }
}

async function write(path: string, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<number> {
  const file = await open(path, 'wx', FILE_MODE);
  try {
    return await writeAll(file, content, maxBytes);
  } finally {
    await file.close();
  }
}

async function writeAll(
  file: FileHandle,
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<number> {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      const most = Math.floor(maxBytes / MIB);
      throw new OllamaError('too-large', `the file is larger than ${most} MiB, the maximum: split it`);
    }
    for (let done = 0; done < chunk.length; )
      done += (await file.write(chunk, done, chunk.length - done)).bytesWritten;
  }
  await file.datasync();
  return bytes;
}
