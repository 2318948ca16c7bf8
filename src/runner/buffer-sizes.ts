/** Adds up the buffers that llama.cpp logs when it allocates them, because the C API does not report them. */
import { MIB } from '../base/units.ts';
import type { DeviceBytes } from '../protocol/load.ts';

const bufferPattern =
  /\b(\S+)\s+(model|KV|RS|LoRA|compute|output|DSV4 \S+ state)\s+buffer size\s*=\s*([\d.]+) MiB/;
const layersPattern = /offloaded (\d+)\/(\d+) layers to GPU/;
/** A tensor that is kept apart from its layer. */
const overridePattern = /^tensor \S+ \(.*\) buffer type overridden to (\S+)/;
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
  /** All of it, the system's memory first. */
  readonly devices: readonly DeviceBytes[];
  /** Whether no layer is computed on the CPU. */
  readonly allLayersOnGpu: boolean;
}

/** The memory of the system among the devices. */
export const SYSTEM = 'system';

type Purpose = 'weights' | 'cache' | 'compute';

function purposeOf(kind: string): Purpose {
  if (kind === 'model' || kind === 'LoRA') return 'weights';
  return kind === 'compute' || kind === 'output' ? 'compute' : 'cache';
}

/** The buffers of one part of a load. */
class BufferTotals {
  total = 0;
  gpu = 0;
  /** Weights on all devices, and the part of them that is mapped from the file for the CPU. */
  weights = 0;
  mapped = 0;
  readonly devices = new Map<string, number>();
  readonly purposes: Record<Purpose, Map<string, number>> = {
    weights: new Map(),
    cache: new Map(),
    compute: new Map(),
  };

  add(buffer: string, kind: string, bytes: number): void {
    if (!Number.isFinite(bytes)) return;
    this.total += bytes;
    if (kind === 'model') this.weights += bytes;
    if (kind === 'model' && buffer === 'CPU_Mapped') this.mapped += bytes;
    const isOnHost = hostBufferPattern.test(buffer);
    const device = isOnHost ? SYSTEM : buffer.replace(bufferKindPattern, '');
    addTo(this.purposes[purposeOf(kind)], device, bytes);
    if (isOnHost) return;
    this.gpu += bytes;
    addTo(this.devices, device, bytes);
  }
}

function addTo(devices: Map<string, number>, device: string, bytes: number): void {
  const before = devices.get(device);
  if (before === undefined && devices.size >= MAX_DEVICES) return;
  devices.set(device, (before ?? 0) + bytes);
}

export class BufferSizes {
  readonly #model = new BufferTotals();
  readonly #drafts = new BufferTotals();
  #current = this.#model;
  /** By the first model that is loaded; a draft model may follow. */
  #allLayers: boolean | undefined;
  /** Whether experts of layers on a GPU stay on the CPU. */
  #hasPartsOnCpu = false;

  /** Takes one line of the log. */
  read(line: string): void {
    const [, buffer = '', kind, mebibytes] = bufferPattern.exec(line) ?? [];
    if (kind !== undefined)
      this.#current.add(buffer, kind, Math.round(Number(mebibytes) * BYTES_PER_MEBIBYTE));
    const [, loaded, all] = layersPattern.exec(line) ?? [];
    if (loaded !== undefined) this.#allLayers ??= Number(loaded) >= Number(all);
    if (hostBufferPattern.test(overridePattern.exec(line)?.[1] ?? '')) this.#hasPartsOnCpu = true;
  }

  /** Says that the lines that follow are about what drafts for the model, which may be let go again. */
  beginDrafts(): void {
    this.#current = this.#drafts;
  }

  /** Says that the buffers of the lines that follow only replace others of nearly the same sizes. */
  ignore(): void {
    this.#current = new BufferTotals();
  }

  /**
   * @param weightBytes size of all tensors in the file. The part that is mapped for the CPU spans nearly the whole
   * file, including weights that are on a GPU or were copied into a faster layout; those are not counted twice.
   * @param hasDrafts whether what drafts for the model was kept
   */
  memory(weightBytes = Number.POSITIVE_INFINITY, hasDrafts = true): EngineMemory {
    const parts = hasDrafts ? [this.#model, this.#drafts] : [this.#model];
    const sum = (of: (part: BufferTotals) => number) => parts.reduce((bytes, part) => bytes + of(part), 0);
    const overlap = weightBytes > 0 ? sum(({ weights }) => weights) - weightBytes : 0;
    const twice = Math.min(
      sum(({ mapped }) => mapped),
      Math.max(0, overlap),
    );
    const gpuBytes = sum(({ gpu }) => gpu);
    const names = new Set(parts.flatMap(({ devices }) => [...devices.keys()]));
    const on = (device: string, purpose: Purpose) =>
      sum(({ purposes }) => purposes[purpose].get(device) ?? 0);
    return {
      totalBytes: sum(({ total }) => total) - twice,
      gpuBytes,
      deviceBytes: Object.fromEntries(
        [...names].map((name) => [name, sum(({ devices }) => devices.get(name) ?? 0)]),
      ),
      devices: [SYSTEM, ...names].map((device) => ({
        device,
        weights: on(device, 'weights') - (device === SYSTEM ? twice : 0),
        cache: on(device, 'cache'),
        compute: on(device, 'compute'),
        other: 0,
      })),
      allLayersOnGpu: this.#allLayers === true && !this.#hasPartsOnCpu && gpuBytes > 0,
    };
  }
}
