/**
 * Copies of the language models inside Ollama's one-file models. llama.cpp reads a model only from a file that has nothing
 * else, with the tensors behind each other, so that neither a header of our own nor a clone of the file would do.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explainStorageError } from '../base/atomic-file.ts';
import { type FreeBytes, requireFreeSpace } from '../base/disk-space.ts';
import { systemCode } from '../base/errors.ts';
import { removeUnlessInUse, renameOver } from '../base/files/replace-file.ts';
import { textPart } from '../gguf/one-file/text-part.ts';
import { textDataBytes, textPartBytes } from '../gguf/one-file/write-text-part.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { GgufFile } from '../gguf/types.ts';
import { type Digest, isDigest } from '../names/digest.ts';

/** Raise it when `textPart` writes another file than before. */
const FORMAT = 1;
const ENDING = `-text${FORMAT}.gguf`;

interface TextCopiesParts {
  readonly folder: string;
  readonly freeBytes: FreeBytes;
}

export interface TextCopy {
  readonly path: string;
  readonly file: GgufFile;
}

/** What a copy is made from. */
export interface TextCopySource {
  readonly digest: Digest;
  readonly path: string;
}

export class TextCopies {
  readonly #folder: string;
  readonly #freeBytes: FreeBytes;

  constructor({ folder, freeBytes }: TextCopiesParts) {
    this.#folder = folder;
    this.#freeBytes = freeBytes;
  }

  /** The copy that was made before, if there is one. */
  async find({ digest }: TextCopySource): Promise<TextCopy | undefined> {
    const path = this.#place(digest);
    try {
      return { path, file: await readGgufFile(path) };
    } catch {
      // There is none yet, or a damaged one, which the next one replaces.
      return undefined;
    }
  }

  /**
   * Writes the copy; it appears under its name when it is whole.
   * @throws OllamaError `storage-full`, `storage-read-only`, `invalid-request` as `textPart`, `canceled`
   */
  async make({ digest, path: source }: TextCopySource, signal?: AbortSignal): Promise<TextCopy> {
    const file = await readGgufFile(source, { arrays: 'keep' });
    const part = textPart(file);
    if (!part) return { path: source, file };
    await requireFreeSpace(this.#folder, textDataBytes(part, file.alignment), this.#freeBytes);
    const path = this.#place(digest);
    const temporary = join(this.#folder, `.tmp-${randomBytes(8).toString('hex')}`);
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeParts(temporary, textPartBytes(source, file, part, signal));
      await renameOver(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw explainStorageError(error, path);
    }
    return { path, file: await readGgufFile(path) };
  }

  /**
   * Removes the copies of weights that no longer exist, those of former formats, and what interrupted writes have left.
   * @param before files that changed after this time in milliseconds stay: another process may be writing them
   */
  async sweep(isStored: (weights: Digest) => Promise<boolean>, before: number): Promise<void> {
    for (const name of await namesIn(this.#folder)) {
      const path = join(this.#folder, name);
      const weights = `sha256:${name.slice(0, -ENDING.length)}`;
      if (name.endsWith(ENDING) && isDigest(weights) && (await isStored(weights))) continue;
      if ((await stat(path)).mtimeMs < before) await removeUnlessInUse(path);
    }
  }

  #place(weights: Digest): string {
    return join(this.#folder, `${weights.slice('sha256:'.length)}${ENDING}`);
  }
}

async function writeParts(path: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    for await (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
