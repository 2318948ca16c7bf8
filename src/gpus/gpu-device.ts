/** A GPU that models may be loaded onto. */
export interface GpuDevice {
  /**
   * ggml's name for the device, such as "CUDA0" or "Vulkan1". Unique among the devices of one library, and among all
   * devices that are offered.
   */
  readonly id: string;
  /** A description such as "NVIDIA GeForce RTX 4090". */
  readonly description: string;
  /** An integrated GPU (`igpu`) shares the system's memory. */
  readonly kind: 'gpu' | 'igpu';
  /** A model can be split only between devices of the same library. */
  readonly library: GpuLibrary;
  /** Whether its memory is the system's, so that both are one pool; absent = it has its own. */
  readonly isUnified?: boolean;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /**
   * Folder of the libraries that reach the device, for `LoadOptions.libraryFolder`; absent = those of the CPU package.
   */
  readonly libraryFolder?: string;
}

export type GpuLibrary = 'cuda' | 'rocm' | 'vulkan' | 'metal' | 'sycl' | 'other';
