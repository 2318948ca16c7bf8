/** What the server asks of a process that converts safetensors, and what the process prints: one JSON object per line. */
import type { ErrorCode } from '../base/errors.ts';

interface JobFile {
  readonly name: string;
  readonly path: string;
}

/** Plans the conversion, checks the tokenizer, and writes the start of the output and the plan. */
export interface PlanJob {
  readonly kind: 'plan';
  readonly files: readonly JobFile[];
  /** `auto`, F32, F16, BF16 or Q8_0. */
  readonly type: string;
  /** Receives the start of the GGUF file, and gets its whole length. */
  readonly outputPath: string;
  /** Receives the tensors to write, one JSON object per line. Is used for a temporary file before. */
  readonly planPath: string;
  /** For an adapter: the GGUF file of the model that it is for. */
  readonly basePath?: string;
}

/** Writes the tensors behind the start, and hashes the whole file. */
export interface WriteJob {
  readonly kind: 'write';
  readonly outputPath: string;
  readonly planPath: string;
}

/** The process gets it as the first line of its standard input, and exits when that closes. */
export type ConvertJob = PlanJob | WriteJob;

export type ConvertEvent =
  /** Bytes of the output so far. */
  | { readonly kind: 'progress'; readonly completed: number }
  /** The plan is complete: bytes of the output, and what to tell (a `ConvertReport` of `convert/`). */
  | { readonly kind: 'planned'; readonly total: number; readonly report: unknown }
  /** The file is complete and on the disk. */
  | {
      readonly kind: 'written';
      /** SHA-256 of the whole file, in the form sha256:… */
      readonly digest: string;
      readonly size: number;
      /** What was noticed only while values were converted, each a sentence. */
      readonly warnings: readonly string[];
    }
  /** The job cannot be done; the message is for the user. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };
