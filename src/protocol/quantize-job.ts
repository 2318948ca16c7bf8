/** What the quantizing child gets, as JSON on its command line. */
export interface QuantizeJob {
  readonly inputPath: string;
  /** Written over. */
  readonly outputPath: string;
  /** `llama_ftype` number. */
  readonly fileType: number;
  /** The first that matches counts. */
  readonly overrides: readonly TensorTypeOverride[];
}

export interface TensorTypeOverride {
  /** Regular expression of C++, searched in the names of tensors. */
  readonly pattern: string;
  /** `ggml_type` number. */
  readonly type: number;
}
