/** Adds up the buffers that llama.cpp logs when it allocates them, because the C API does not report them. */
import { MIB } from '../base/units.ts';

const bufferPattern =
  /\b(\S+)\s+(model|KV|RS|LoRA|compute|output|DSV4 \S+ state)\s+buffer size\s*=\s*([\d.]+) MiB/;
const layersPattern = /offloaded (\d+)\/(\d+) layers to GPU/;
/**
 * Buffers in the system's memory: AMX is a form of weights on the CPU, *_Host is memory that a GPU reads over the bus.
 */
const hostBufferPattern = /^(CPU|BLAS|AMX)|_Host$/;
/** Suffix of a device's name where it has buffers of several kinds. */
const bufferKindPattern = /_(Mapped|Private|Split)$/;
/** No machine has more; the limit prevents a broken child from filling our memory. */
const MAX_DEVICES = 64;

const BYTES_PER_MEBIBYTE = MIB;

export interface EngineMemory {
  readonly totalBytes: number;
  readonly gpuBytes: number;
  /** The parts of `gpuBytes`, by ggml's name for the device. */
  readonly deviceBytes: Readonly<Record<string, number>>;
  /** Whether no layer is computed on the CPU. */
  readonly allLayersOnGpu: boolean;
}

export class BufferSizes {
  #totalBytes = 0;
  #gpuBytes = 0;
  /** Weights on all devices, and the part of them that is mapped from the file for the CPU. */
  #weightBytes = 0;
  #mappedBytes = 0;
  #allLayers = false;
  readonly #deviceBytes = new Map<string, number>();

  /** Takes one line of the log. */
  read(line: string): void {
    const [, buffer = '', kind, mebibytes] = bufferPattern.exec(line) ?? [];
    if (kind !== undefined) this.#count(buffer, kind, Math.round(Number(mebibytes) * BYTES_PER_MEBIBYTE));
    const [, loaded, all] = layersPattern.exec(line) ?? [];
    if (loaded !== undefined) this.#allLayers = Number(loaded) >= Number(all);
  }

  /**
   * @param weightBytes size of all tensors in the file. The part that is mapped for the CPU spans nearly the whole
   * file, including weights that are on a GPU or were copied into a faster layout; those are not counted twice.
   */
  memory(weightBytes = Number.POSITIVE_INFINITY): EngineMemory {
    const overlap = weightBytes > 0 ? this.#weightBytes - weightBytes : 0;
    const twice = Math.min(this.#mappedBytes, Math.max(0, overlap));
    return {
      totalBytes: this.#totalBytes - twice,
      gpuBytes: this.#gpuBytes,
      deviceBytes: Object.fromEntries(this.#deviceBytes),
      allLayersOnGpu: this.#allLayers && this.#gpuBytes > 0,
    };
  }

  #count(buffer: string, kind: string, bytes: number): void {
    if (!Number.isFinite(bytes)) return;
    this.#totalBytes += bytes;
    if (kind === 'model') this.#weightBytes += bytes;
    if (kind === 'model' && buffer === 'CPU_Mapped') this.#mappedBytes += bytes;
    if (hostBufferPattern.test(buffer)) return;
    this.#gpuBytes += bytes;
    const device = buffer.replace(bufferKindPattern, '');
    const before = this.#deviceBytes.get(device);
    if (before === undefined && this.#deviceBytes.size >= MAX_DEVICES) return;
    this.#deviceBytes.set(device, (before ?? 0) + bytes);
  }
}
