import { programOf } from '../../base/program/programs.ts';
import type { PreparedPart } from '../../protocol/media.ts';
import type { Bulk } from '../../workers/bulk.ts';
import type { PoolLimits } from '../../workers/limits.ts';
import type { WorkerPool } from '../../workers/worker-pool.ts';
import { attachData } from './detached-parts.ts';
import type { PrepareInput } from './prepare.ts';

/** For whom a file is prepared. */
export interface MediaOrder {
  /** Owners take turns at the workers. */
  readonly owner: string;
  readonly signal?: AbortSignal | undefined;
  /** What is kept of a file is used for orders with the same salt only; absent = for all others without one. */
  readonly salt?: string | undefined;
}

/** One piece of work. */
interface KeyedOrder extends MediaOrder {
  /** Equal for the same file and layout, and for no others. */
  readonly key: string;
}

/** Prepares a picture or sound somewhere, with the errors of `prepare`. */
export type MediaWork = (input: PrepareInput, order: KeyedOrder) => Promise<PreparedPart[]>;

/** The program of the workers. */
export const mediaWorkerProgram = programOf('media-worker');

/** Limits on the workers of pictures and sound. */
export const mediaLimits: PoolLimits = {
  // Each may take all of a processor and a gigabyte.
  workers: 2,
  // One is left for everybody else while somebody sends a film.
  workersOfOwner: 1,
  heapMb: 256,
  // The costliest accepted picture, a progressive CMYK photo, takes 1112 MiB: a gigabyte within the decoder, and the file.
  residentMb: 1536,
};

/** Reads the text of a PDF file in base64 somewhere, with the errors of `readPdf`. */
export type PdfWork = (source: string, order: KeyedOrder) => Promise<string>;

/** The longest accepted sound takes ten seconds on a processor of its own; a busy machine may need several times that. */
const LIMIT_MS = 60_000;
/** A thousand pages full of text take five seconds on a busy machine; what takes much longer was made to. */
const PDF_LIMIT_MS = 60_000;

/** Preparation in the workers of a pool whose program is `mediaWorkerProgram`. */
export function pooledMediaWork(pool: Pick<WorkerPool, 'run'>): MediaWork {
  return async (input, { key, ...order }) => {
    const result = await pool.run({
      name: 'prepare',
      input,
      ...order,
      limitMs: LIMIT_MS,
      subject: 'the picture or sound',
      blame: 'invalid-request',
      advice: 'send a smaller one',
      size: () => input.source.length,
      identity: () => key,
      endsWithSignal: true,
    });
    // Both sides are one version of this program, so the result has the task's type.
    return attachData(result as Bulk);
  };
}

/** Reading in the workers of a pool whose program is `mediaWorkerProgram`. */
export function pooledPdfWork(pool: Pick<WorkerPool, 'run'>): PdfWork {
  return async (source, { key, ...order }) => {
    const result = await pool.run({
      name: 'readPdf',
      input: source,
      ...order,
      limitMs: PDF_LIMIT_MS,
      subject: 'the PDF file',
      blame: 'invalid-request',
      advice: 'send fewer pages',
      size: () => source.length,
      identity: () => key,
      endsWithSignal: true,
    });
    // Both sides are one version of this program, so the result has the task's type.
    return result as string;
  };
}
