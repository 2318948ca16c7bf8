/** The output of the process that lists devices. */

/** One device that the inference libraries can reach. */
export interface ReportedDevice {
  /** ggml's name for the device, such as "CPU" or "CUDA0". */
  readonly id: string;
  readonly description: string;
  readonly kind: 'gpu' | 'igpu' | 'cpu';
  /** ggml's name for the backend that drives it, such as "CUDA", "Vulkan" or "MTL". */
  readonly library: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Address on the PCI bus, such as "0000:c1:00.0". */
  readonly busId?: string | undefined;
}

export interface DeviceReport {
  readonly devices: readonly ReportedDevice[];
  /** Why libraries that are present could not be used. */
  readonly problems: readonly string[];
}
