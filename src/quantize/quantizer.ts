import type { ProgressResponse } from '../api/common.ts';
import { AsyncQueue } from '../base/async-queue.ts';
import { explainFullDisk, type FreeBytes, requireFreeSpace, systemFreeBytes } from '../base/disk-space.ts';
import { messageOf, OllamaError } from '../base/errors.ts';
import { removeUnlessInUse } from '../base/files/replace-file.ts';
import type { Logger } from '../base/logger.ts';
import { declaredFileType } from '../gguf/file-type.ts';
import { metadataText } from '../gguf/metadata.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { GgufFile, GgufTensor } from '../gguf/types.ts';
import type { BlobStore, WrittenBlob } from '../store/blob-store.ts';
import { type FileWork, OneAtATime } from './one-at-a-time.ts';
import { outputBytes } from './output-size.ts';
import { type QuantizeProcessOptions, quantizeInProcess } from './quantize-process.ts';
import type { TargetType } from './target-type.ts';
import { tensorOverrides } from './tensor-overrides.ts';

export interface QuantizeOrder {
  readonly path: string;
  /** The parsed source. Our parser has checked that every tensor lies within the file (CVE-2026-7482). */
  readonly file: GgufFile;
  /** Type of the source, for the status. */
  readonly sourceType: string;
  readonly target: TargetType;
  /** Which tensors of the language model are converted; absent = those of floating-point numbers. */
  readonly converts?: (tensor: GgufTensor) => boolean;
  /** Store that the result becomes a blob of. */
  readonly blobs: BlobStore;
}

export interface QuantizerParts extends Pick<QuantizeProcessOptions, 'program' | 'keeper'> {
  readonly freeBytes?: FreeBytes;
  readonly logger: Logger;
}

/** Placeholder by which Ollama's clients recognise quantization progress; the digest is only known at the end. */
const NO_DIGEST = '0000000000000000000';

/** Quantizes one model at a time, because each quantization uses all cores. */
export class Quantizer {
  readonly #parts: QuantizerParts;
  readonly #work = new OneAtATime();

  constructor(parts: QuantizerParts) {
    this.#parts = parts;
  }

  /**
   * Converts the weights to another type and stores them as a blob. Leaves nothing behind when it fails or is canceled.
   * @throws OllamaError `runner-failed`, `storage-full`, `canceled`
   */
  async *quantize(order: QuantizeOrder, signal?: AbortSignal): AsyncGenerator<ProgressResponse, WrittenBlob> {
    const waiting = { status: 'waiting for another quantization to finish' };
    return yield* this.#work.run(waiting, (own) => this.#run(order, own), signal);
  }

  /** Cancels all quantizations, even those whose progress is no longer read; resolves when they have cleaned up. */
  async close(): Promise<void> {
    await this.#work.close();
  }

  async *#run(order: QuantizeOrder, running: FileWork): AsyncGenerator<ProgressResponse, WrittenBlob> {
    const { blobs, file, target, converts } = order;
    const { freeBytes = systemFreeBytes, logger } = this.#parts;
    const needed = outputBytes(file.tensors, target, file.dataOffset, converts);
    await requireFreeSpace(blobs.folder, needed, freeBytes);
    const place = await blobs.newTemporaryPlace();
    running.places.push(place);
    try {
      yield* this.#write(order, place, running);
      yield { status: 'verifying conversion' };
      await checkOutput(place, order);
      const written = await blobs.adopt(place, running.controller.signal);
      logger.info('model quantized', { type: target.name, from: file.fileSize, to: written.size });
      return written;
    } catch (error) {
      throw await explainFullDisk(error, 'quantizing', blobs.folder, freeBytes);
    } finally {
      // A scanner may have it open; the store removes what stays.
      await removeUnlessInUse(place);
    }
  }

  /** Runs the process, and cancels it when the consumer stops reading events. */
  async *#write(
    { path, file, sourceType, target, converts }: QuantizeOrder,
    place: string,
    running: FileWork,
  ): AsyncGenerator<ProgressResponse, void> {
    const status = `quantizing ${sourceType} model to ${target.name}`;
    const sizes = new Map(file.tensors.map(({ name, byteSize }) => [name, byteSize]));
    const total = file.fileSize;
    let completed = file.dataOffset;
    const progress = new AsyncQueue<number>((_, next) => next);
    const onTensor = (name: string) => {
      completed = Math.min(total, completed + (sizes.get(name) ?? 0));
      progress.push(completed);
    };
    const architecture = metadataText(file.metadata, 'general.architecture') ?? '';
    const overrides = tensorOverrides(architecture, target, file.tensors, converts);
    const job = {
      inputPath: path,
      outputPath: place,
      fileType: target.fileType,
      overrides,
      ...(converts && { requantize: true }),
    };
    const { controller } = running;
    const { signal } = controller;
    progress.push(0);
    running.ended = quantizeInProcess(job, { ...this.#parts, signal, onTensor }).then(
      () => progress.end(),
      (error) => progress.fail(error),
    );
    let isDone = false;
    try {
      for await (const bytes of progress) yield { status, digest: NO_DIGEST, total, completed: bytes };
      isDone = true;
      yield { status, digest: NO_DIGEST, total, completed: total };
    } finally {
      if (!isDone) controller.abort();
      await running.ended;
    }
  }
}

/** Trusts the output only after our own parser has read it. */
async function checkOutput(path: string, { file, target }: QuantizeOrder): Promise<void> {
  try {
    const output = await readGgufFile(path);
    const fileType = declaredFileType(output) ?? 'of no known type';
    if (fileType !== target.name) throw new Error(`it is ${fileType}, not ${target.name}`);
    if (output.tensors.length !== file.tensors.length)
      throw new Error('it has a different number of tensors');
  } catch (error) {
    const message = `the model could not be quantized: the result is damaged: ${messageOf(error)}`;
    throw new OllamaError('runner-failed', message, { cause: error });
  }
}
