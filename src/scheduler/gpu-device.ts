/** A GPU that the engine can compute on. */
export interface GpuDevice {
  /** As the engine's backend names it, such as "CUDA0". */
  readonly id: string;
  readonly description: string;
  /** `igpu` shares the system's memory. */
  readonly kind: 'gpu' | 'igpu';
  /** The backend, such as "cuda" or "vulkan". */
  readonly library: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}
