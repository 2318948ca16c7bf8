/** What the server asks of a process that converts safetensors, and what the process prints: one JSON object per line. */

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
  /** Receives the start of the GGUF file. */
  readonly outputPath: string;
  /** Receives the tensors to write, one JSON object per line. */
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

export type ConvertJob = PlanJob | WriteJob;

export type ConvertEvent =
  /** Bytes of the output so far, and in all. */
  | { readonly kind: 'progress'; readonly completed: number; readonly total: number }
  | { readonly kind: 'status'; readonly status: string }
  /** The plan is complete: bytes of the output, and what to tell (a `ConvertReport` of `convert/`). */
  | { readonly kind: 'planned'; readonly total: number; readonly report: unknown }
  /** The file is complete. `digest` has the form sha256:… */
  | { readonly kind: 'written'; readonly digest: string; readonly size: number }
  /** The folder cannot be converted; the message is for the user. */
  | { readonly kind: 'refused'; readonly message: string };
