import { stat } from 'node:fs/promises';
import type { ProgressResponse } from '../../api/common.ts';
import { AsyncQueue } from '../../base/async-queue.ts';
import { createDeferred } from '../../base/deferred.ts';
import { explainFullDisk, type FreeBytes, requireFreeSpace, systemFreeBytes } from '../../base/disk-space.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { removeUnlessInUse } from '../../base/files/replace-file.ts';
import type { Logger } from '../../base/logger.ts';
import type { ConvertReport, OutputType } from '../../convert/plan/convert-plan.ts';
import type { SourceFile } from '../../convert/source-file.ts';
import { ggufFacts } from '../../gguf/facts.ts';
import { readGgufFile } from '../../gguf/parse.ts';
import type { GgufFile } from '../../gguf/types.ts';
import { type FileWork, OneAtATime } from '../../quantize/one-at-a-time.ts';
import { outputBytes } from '../../quantize/output-size.ts';
import type { TargetType } from '../../quantize/target-type.ts';
import type { BlobStore, WrittenBlob } from '../../store/blob-store.ts';
import { refuseWithoutExperts } from '../create-quantize.ts';
import type { ConvertPrograms, WrittenFile } from './convert-programs.ts';

export type FolderKind = 'model' | 'adapter' | 'draft';

export interface ConversionFolder {
  readonly kind: FolderKind;
  readonly files: readonly SourceFile[];
  readonly type: OutputType;
  /** The type that the result is quantized to afterwards: the disk needs room for both, and the result must be of floats. */
  readonly target?: TargetType;
}

export interface ConversionOrder {
  /** In the order in which they are converted. */
  readonly folders: readonly ConversionFolder[];
  /** The GGUF file that adapters are made for, unless the order has a model. */
  readonly basePath?: string;
  /** Store that the results become blobs of. */
  readonly blobs: BlobStore;
  /** Owners take turns; absent = the one without a name. */
  readonly owner?: string | undefined;
}

/** One folder, converted. */
export interface Conversion extends WrittenBlob {
  readonly kind: FolderKind;
  readonly report: ConvertReport;
  /** What is wrong with its values. */
  readonly warnings: readonly string[];
}

export interface ConverterParts {
  /** The two processes of a conversion. */
  readonly programs: ConvertPrograms;
  readonly freeBytes?: FreeBytes;
  /** How long a plan may take, in milliseconds; ten minutes unless given. */
  readonly planLimitMs?: number;
  /** How long others wait for a plan, in milliseconds; half a minute unless given. */
  readonly planAloneMs?: number;
  readonly logger: Logger;
}

/** A folder whose conversion is planned: its file has a start, and the length that it will have. */
interface PlannedFolder {
  readonly folder: ConversionFolder;
  readonly place: string;
  readonly planPlace: string;
  /** Bytes of the file. */
  readonly total: number;
  readonly file: GgufFile;
  readonly report: ConvertReport;
}

type Progress<T> = AsyncGenerator<ProgressResponse, T>;

/** Digits of a placeholder: as many as Ollama writes while it quantizes. */
const PLACEHOLDER_LENGTH = 19;
/** The largest vocabularies take half a minute on slow machines. What takes longer lets others go first meanwhile, … */
const PLAN_ALONE_MS = 30 * 1000;
/** … and ends here. */
const PLAN_LIMIT_MS = 10 * 60 * 1000;
/** Lines about one folder; real ones have a few. */
const MAX_TOLD = 100;
/** Unit of `Stats.blocks` (POSIX). */
const BLOCK_BYTES = 512;

const statuses: Readonly<Record<FolderKind, string>> = {
  model: 'converting model',
  adapter: 'converting adapter',
  draft: 'converting draft model',
};

/** Converts the folders of one request at a time, because each conversion uses the disk and several cores. */
export class Converter {
  readonly #parts: ConverterParts;
  readonly #work = new OneAtATime();

  constructor(parts: ConverterParts) {
    this.#parts = parts;
  }

  /**
   * Converts folders of safetensors into GGUF files and stores these as blobs. All folders are planned before the first
   * tensor is written. Leaves nothing behind when it fails or is canceled.
   * @throws OllamaError `invalid-request` for a folder that cannot be converted, `runner-failed`, `storage-full`, `canceled`
   */
  async *convert(order: ConversionOrder, signal?: AbortSignal): Progress<Conversion[]> {
    const waiting = { status: 'waiting for another conversion to finish' };
    return yield* this.#work.run(waiting, (own) => this.#run(order, own), signal, order.owner);
  }

  /** Cancels all conversions, even those whose progress is no longer read; resolves when they have cleaned up. */
  async close(): Promise<void> {
    await this.#work.close();
  }

  async *#run(order: ConversionOrder, running: FileWork): Progress<Conversion[]> {
    const { blobs, folders } = order;
    const { freeBytes = systemFreeBytes, logger } = this.#parts;
    try {
      const planned: PlannedFolder[] = [];
      for (const folder of folders) {
        const model = planned.find((other) => other.folder.kind === 'model')?.place;
        planned.push(
          yield* this.#plan(
            folder,
            folder.kind === 'adapter' ? (model ?? order.basePath) : undefined,
            blobs,
            running,
          ),
        );
      }
      for (const { folder, file } of planned)
        if (folder.target) refuseWithoutExperts(file, ggufFacts(file).architecture, folder.target);
      await requireFreeSpace(blobs.folder, await bytesNeeded(planned), freeBytes);
      const results: [PlannedFolder, WrittenFile][] = [];
      for (const [index, one] of planned.entries())
        results.push([one, yield* this.#write(one, placeholder(index), running)]);
      const converted: Conversion[] = [];
      for (const [{ folder, place, total, report }, { digest, warnings }] of results) {
        const written = await blobs.adoptHashed(place, { digest, size: total });
        converted.push({ ...written, kind: folder.kind, report, warnings });
        logger.info('folder converted', { kind: folder.kind, from: report.source, size: total });
      }
      return converted;
    } catch (error) {
      throw await explained(error, blobs.folder, freeBytes);
    } finally {
      for (const place of running.places) await removeUnlessInUse(place);
    }
  }

  async *#plan(
    folder: ConversionFolder,
    basePath: string | undefined,
    blobs: BlobStore,
    running: FileWork,
  ): Progress<PlannedFolder> {
    yield { status: statuses[folder.kind] };
    const place = await newPlace(blobs, running);
    const planPlace = await newPlace(blobs, running);
    const planAs = async (type: OutputType) => {
      const job = {
        kind: 'plan',
        files: folder.files,
        type,
        outputPath: place,
        planPath: planPlace,
      } as const;
      const { signal } = running.controller;
      const limit = AbortSignal.timeout(this.#parts.planLimitMs ?? PLAN_LIMIT_MS);
      const work = this.#parts.programs.plan(
        { ...job, ...(basePath !== undefined && { basePath }) },
        AbortSignal.any([signal, limit]),
      );
      running.ended = settled(work);
      return work.catch((error: unknown) => {
        throw limit.aborted && !signal.aborted ? overran() : error;
      });
    };
    let result = yield* this.#besideOthers(planAs(folder.type), running);
    const { preferredType } = result.report;
    if (preferredType !== undefined && folder.type === 'auto' && !folder.target) {
      yield { status: `the weights are 8-bit floats: converting them to ${preferredType}` };
      result = yield* this.#besideOthers(planAs(preferredType), running);
    }
    const { report, total } = result;
    for (const warning of report.warnings.slice(0, MAX_TOLD)) yield { status: `warning: ${warning}` };
    for (const part of report.dropped.slice(0, MAX_TOLD)) yield { status: `left out: ${part}` };
    return { folder, place, planPlace, total, report, file: await checkedOutput(place) };
  }

  /** Waits for a plan. When it takes long, others go first meanwhile, and this conversion goes on before any other begins. */
  async *#besideOthers<T>(plan: Promise<T>, running: FileWork): Progress<T> {
    const isShort = await settlesWithin(plan, this.#parts.planAloneMs ?? PLAN_ALONE_MS);
    if (isShort || !running.turn.stepAside()) return await plan;
    let isDone = false;
    try {
      yield { status: 'reading the folder takes long: other conversions go first' };
      const result = await plan;
      isDone = true;
      await running.turn.stepBack(running.controller.signal);
      return result;
    } finally {
      if (!isDone) running.controller.abort();
      await running.ended;
    }
  }

  /**
   * @param digest placeholder
   * @returns the digest of the whole file, and what was noticed
   */
  async *#write(
    { folder, place, planPlace, total, file }: PlannedFolder,
    digest: string,
    running: FileWork,
  ): Progress<WrittenFile> {
    const status = statuses[folder.kind];
    const progress = new AsyncQueue<number>((_, next) => next);
    const { controller } = running;
    const job = { kind: 'write', outputPath: place, planPath: planPlace } as const;
    progress.push(file.dataOffset);
    const work = this.#parts.programs.write(job, controller.signal, (completed) => progress.push(completed));
    running.ended = work.then(
      () => progress.end(),
      (error) => progress.fail(error),
    );
    let isDone = false;
    try {
      for await (const completed of progress) yield { status, digest, total, completed };
      isDone = true;
      const written = await work;
      yield { status, digest, total, completed: total };
      for (const warning of written.warnings.slice(0, MAX_TOLD)) yield { status: `warning: ${warning}` };
      if (written.size !== total) throw damaged(`it has ${written.size} bytes, not ${total}`);
      await checkedOutput(place);
      return written;
    } finally {
      if (!isDone) controller.abort();
      await running.ended;
    }
  }
}

/**
 * Stands for the digest, which is only known at the end: Ollama's clients show a bar for each digest. All zeros stand for
 * a quantization.
 */
function placeholder(index: number): string {
  return String(index + 1).padStart(PLACEHOLDER_LENGTH, '0');
}

function overran(): OllamaError {
  const message = 'the folder takes too long to read: convert it with convert_hf_to_gguf.py of llama.cpp';
  return new OllamaError('invalid-request', message);
}

async function settled(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}

/** Whether the work ends, in whatever way, within so many milliseconds. */
async function settlesWithin(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const late = createDeferred<boolean>();
  const timer = setTimeout(() => late.resolve(false), milliseconds);
  try {
    return await Promise.race([settled(work).then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function newPlace(blobs: BlobStore, { places }: FileWork): Promise<string> {
  const place = await blobs.newTemporaryPlace();
  places.push(place);
  return place;
}

/** Bytes that the disk must still have for the files, and for what they are quantized to. */
async function bytesNeeded(planned: readonly PlannedFolder[]): Promise<number> {
  let needed = 0;
  for (const { folder, place, total, file } of planned) {
    // File systems without sparse files have reserved the room already. Windows does not count blocks.
    const { blocks = 0 } = await stat(place);
    needed += Math.max(0, total - blocks * BLOCK_BYTES);
    if (folder.target) needed += outputBytes(file.tensors, folder.target, file.dataOffset);
  }
  return needed;
}

/** Trusts the output only after our own parser has read it. */
async function checkedOutput(path: string): Promise<GgufFile> {
  try {
    return await readGgufFile(path);
  } catch (error) {
    throw damaged(messageOf(error), error);
  }
}

function damaged(reason: string, cause?: unknown): OllamaError {
  const message = `the model could not be converted: the result is damaged: ${reason}`;
  return new OllamaError('runner-failed', message, { cause });
}

async function explained(error: unknown, folder: string, freeBytes: FreeBytes): Promise<unknown> {
  if (error instanceof OllamaError && error.code !== 'runner-failed') return error;
  return await explainFullDisk(error, 'converting', folder, freeBytes);
}
