/** Copies of weights in a type that this machine computes faster, kept beside the models and never part of one. */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../base/atomic-file.ts';
import { systemCode } from '../base/errors.ts';
import { removeUnlessInUse } from '../base/files/replace-file.ts';
import { readRegularFile } from '../base/regular-file.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { GgufFile } from '../gguf/types.ts';
import { type Digest, isDigest } from '../names/digest.ts';
import { BlobStore } from '../store/blob-store.ts';
import type { QuantizeOrder, Quantizer } from './quantizer.ts';

export interface ConvertedCopy {
  /** SHA-256 of the copy's bytes. */
  readonly digest: Digest;
  readonly path: string;
  readonly file: GgufFile;
}

export interface CopyOrder extends Pick<QuantizeOrder, 'path' | 'file' | 'sourceType' | 'target'> {
  readonly digest: Digest;
  /** Types of the tensors that are converted, for example ["Q4_1"]. */
  readonly from: readonly string[];
}

interface ConvertedCopiesParts {
  readonly folder: string;
  readonly quantizer: Pick<Quantizer, 'quantize'>;
}

/** A record has a few hundred bytes. */
const MAX_RECORD_BYTES = 64 * 1024;
const RECORD_ENDING = '.json';

const recordSchema = z.object({
  /** Digest of the copy. */
  copy: z.string().refine(isDigest),
  /** Bytes, to notice a damaged copy. */
  size: z.number(),
  /** Type of the converted tensors, and the types that they had. */
  target: z.string(),
  from: z.array(z.string()),
});

type CopyRecord = z.infer<typeof recordSchema>;

export class ConvertedCopies {
  readonly #folder: string;
  readonly #blobs: BlobStore;
  readonly #quantizer: ConvertedCopiesParts['quantizer'];

  constructor({ folder, quantizer }: ConvertedCopiesParts) {
    this.#folder = folder;
    this.#blobs = new BlobStore(join(folder, 'blobs'));
    this.#quantizer = quantizer;
  }

  /** The copy that such an order has made before, if it is whole. */
  async find({ digest, target, from }: CopyOrder): Promise<ConvertedCopy | undefined> {
    const record = await this.#record(digest);
    if (record?.target !== target.name || record.from.join() !== from.join()) return undefined;
    const { copy } = record;
    if ((await this.#blobs.size(copy)) !== record.size) return undefined;
    const path = await this.#blobs.locate(copy);
    return { digest: copy, path, file: await readGgufFile(path) };
  }

  /**
   * Converts the tensors of the named types; all others keep their bytes.
   * @throws OllamaError `storage-full`, `storage-read-only`, `runner-failed`, `canceled`
   */
  async make(order: CopyOrder): Promise<ConvertedCopy> {
    const { digest, target, from } = order;
    const converts = ({ typeName }: { readonly typeName: string }) => from.includes(typeName);
    const run = this.#quantizer.quantize({ ...order, blobs: this.#blobs, converts });
    let step = await run.next();
    while (!step.done) step = await run.next();
    const { digest: copy, size } = step.value;
    const record: CopyRecord = { copy, size, target: target.name, from: [...from] };
    await writeFileAtomically(this.#place(digest), JSON.stringify(record));
    const path = await this.#blobs.locate(copy);
    return { digest: copy, path, file: await readGgufFile(path) };
  }

  /**
   * Removes the copies of weights that no longer exist, and what an interrupted conversion has left.
   * @param isStored whether the store still has the weights
   * @param before files that changed after this time in milliseconds stay: another process may be writing them
   */
  async sweep(isStored: (weights: Digest) => Promise<boolean>, before: number): Promise<void> {
    const kept = new Set<string>();
    for (const name of await namesIn(this.#folder)) {
      const weights = `sha256:${basename(name, RECORD_ENDING)}`;
      if (!name.endsWith(RECORD_ENDING) || !isDigest(weights)) continue;
      const record = (await isStored(weights)) ? await this.#record(weights) : undefined;
      if (record) kept.add(await this.#blobs.locate(record.copy));
      else await rm(this.#place(weights), { force: true });
    }
    for (const name of await namesIn(this.#blobs.folder)) {
      const path = join(this.#blobs.folder, name);
      if (!kept.has(path) && (await stat(path)).mtimeMs < before) await removeUnlessInUse(path);
    }
  }

  #place(weights: Digest): string {
    return join(this.#folder, `${weights.slice('sha256:'.length)}${RECORD_ENDING}`);
  }

  async #record(weights: Digest): Promise<CopyRecord | undefined> {
    try {
      const text = (await readRegularFile(this.#place(weights), MAX_RECORD_BYTES)).toString();
      return recordSchema.safeParse(JSON.parse(text)).data;
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
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
