import { createHash, randomInt } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explainStorageError } from '../base/atomic-file.ts';
import { OllamaError, systemCode } from '../base/errors.ts';
import { type Digest, digestFileName, parseDigest } from '../names/digest.ts';
import { listFolder, regularFileSize } from './folder.ts';
import { writeHashedFile } from './hashed-file.ts';

/** Templates, licences and messages are read whole; messages may hold a few images. Weights never are. */
const MAX_TEXT_BYTES = 32 * 1024 * 1024;

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
}

export interface WrittenBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** True when the same blob was there before. */
  readonly existed: boolean;
}

/** Content-addressed files: each is named by the SHA-256 of its bytes. */
export class BlobStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The only place that turns a digest into a path. */
  path(digest: Digest): string {
    return join(this.folder, digestFileName(digest));
  }

  /** Bytes, or undefined when there is no such blob. */
  async size(digest: Digest): Promise<number | undefined> {
    return regularFileSize(this.path(digest));
  }

  /**
   * Stores the bytes under their digest, or nothing: they are hashed on the way into a temporary file, which is
   * flushed and renamed at the end.
   * @throws OllamaError `invalid-request` when the digest is not the expected one, `storage-full`, `canceled`
   */
  async write(body: AsyncIterable<Uint8Array>, options: WriteOptions = {}): Promise<WrittenBlob> {
    await mkdir(this.folder, { recursive: true });
    // Ollama's own pattern for unfinished layers; prune() removes what is no valid digest once it is old.
    const temporary = join(this.folder, `sha256-${randomInt(2 ** 47)}`);
    try {
      const hash = createHash('sha256');
      const size = await writeHashedFile(temporary, body, hash, options.signal);
      const digest = parseDigest(`sha256:${hash.digest('hex')}`);
      if (options.expected !== undefined && options.expected !== digest) {
        const message = `digest mismatch, expected "${options.expected}", got "${digest}"`;
        throw new OllamaError('invalid-request', message);
      }
      const existed = (await this.size(digest)) === size;
      if (!existed) await rename(temporary, this.path(digest));
      return { digest, size, existed };
    } catch (error) {
      throw explainStorageError(error, this.folder);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  writeText(text: string): Promise<WrittenBlob> {
    return this.write(oneChunk(new TextEncoder().encode(text)));
  }

  /**
   * The text of a small blob.
   * @throws OllamaError `not-found`, `too-large`
   */
  async read(digest: Digest): Promise<string> {
    const file = await this.#open(digest);
    try {
      const { size } = await file.stat();
      if (size > MAX_TEXT_BYTES) {
        throw new OllamaError('too-large', `blob ${digest} is ${size} bytes, too large to be read as text`);
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  }

  /** Removing what is not there is no error. */
  async remove(digest: Digest): Promise<void> {
    await rm(this.path(digest), { force: true });
  }

  /** Every regular file of the folder, temporary ones included. */
  async list(): Promise<BlobEntry[]> {
    const entries = await Promise.all(
      (await listFolder(this.folder)).map((fileName) => this.#describe(fileName)),
    );
    return entries.filter((entry) => entry !== undefined);
  }

  async #describe(fileName: string): Promise<BlobEntry | undefined> {
    const facts = await stat(join(this.folder, fileName)).catch(() => undefined);
    if (!facts?.isFile()) return undefined;
    const digest = digestOfFileName(fileName);
    return { fileName, size: facts.size, modifiedAt: facts.mtime, ...(digest && { digest }) };
  }

  async #open(digest: Digest): Promise<FileHandle> {
    try {
      return await open(this.path(digest));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      throw new OllamaError('not-found', `blob "${digest}" not found`, { cause: error });
    }
  }
}

/** The digest a blob's file name stands for; temporary and partial files have none. */
function digestOfFileName(fileName: string): Digest | undefined {
  return /^sha256-[0-9a-f]{64}$/.test(fileName) ? parseDigest(fileName) : undefined;
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
