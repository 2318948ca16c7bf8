/** A GPU that models may be loaded onto. */
export interface GpuDevice {
  /** As ggml names it: "CUDA0", "Vulkan1". Unique among the devices of one library, and among all that are offered. */
  readonly id: string;
  /** "NVIDIA GeForce RTX 4090" */
  readonly description: string;
  /** An integrated one shares the system's memory. */
  readonly kind: 'gpu' | 'igpu';
  /** One model can only be split between devices of the same library. */
  readonly library: GpuLibrary;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Folder of the libraries that reach it, for `LoadOptions.libraryFolder`; absent = those of the package for the CPU. */
  readonly libraryFolder?: string;
}

export type GpuLibrary = 'cuda' | 'rocm' | 'vulkan' | 'metal' | 'sycl' | 'other';
