/** What the process that lists devices prints. */

/** One device that the inference libraries reach. */
export interface ReportedDevice {
  /** As ggml names it: "CPU", "CUDA0". */
  readonly id: string;
  readonly description: string;
  readonly kind: 'gpu' | 'igpu' | 'cpu';
  /** ggml's name of what drives it: "CUDA", "Vulkan", "MTL". */
  readonly library: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Place on the PCI bus, such as "0000:c1:00.0". */
  readonly busId?: string | undefined;
}

export interface DeviceReport {
  readonly devices: readonly ReportedDevice[];
  /** Why libraries that are there could not be used. */
  readonly problems: readonly string[];
}
