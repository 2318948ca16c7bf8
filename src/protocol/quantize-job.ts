/** The job of the quantizing child, passed as JSON on its command line. */
export interface QuantizeJob {
  readonly inputPath: string;
  /** An existing file is overwritten. */
  readonly outputPath: string;
  /** `llama_ftype` number. */
  readonly fileType: number;
  /** Whether tensors that are quantized already may be converted. */
  readonly requantize?: boolean;
  /** The first matching override applies. */
  readonly overrides: readonly TensorTypeOverride[];
}

export interface TensorTypeOverride {
  /** C++ regular expression that is searched for in the names of tensors. */
  readonly pattern: string;
  /** `ggml_type` number. */
  readonly type: number;
}
