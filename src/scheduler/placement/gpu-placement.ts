/** Decides which layers of a model go on which GPU. Pure: devices and sizes in, a plan out. */
import type { DevicePlan } from '../../protocol/load.ts';
import type { GpuRoom } from '../memory/memory-pools.ts';

/** The memory that a model's layers need on a GPU. */
export interface LayerDemand {
  /** Bytes of weights and KV cache of each layer, the output layer last. */
  readonly layerBytes: readonly number[];
  /** Bytes of compute buffers on each device in use. */
  readonly computeBytes: number;
}

export interface GpuWish {
  /** Total number of layers on GPUs; negative = as many as fit, 0 = none. */
  readonly gpuLayers: number;
  /** The only GPU to use, as an index into the GPUs of the best library. */
  readonly mainGpu?: number | undefined;
  /** Whether to use all GPUs even if one is enough. */
  readonly spread: boolean;
}

export interface GpuPlacement {
  readonly plan: DevicePlan;
  /** Folder of the libraries for these GPUs; absent = the libraries for the CPU. */
  readonly libraryFolder?: string | undefined;
  readonly gpuLayers: number;
  readonly bytesByGpu: Readonly<Record<string, number>>;
  /** Whether all requested layers are on GPUs. */
  readonly isComplete: boolean;
}

/**
 * Uses one GPU if it can take all requested layers: the one with the most free memory. Otherwise uses all GPUs of the best
 * library, in proportion to their free memory. If not all layers fit, the first ones stay on the CPU.
 * @returns undefined when no layer goes on a GPU
 */
export function placeLayers(
  demand: LayerDemand,
  gpus: readonly GpuRoom[],
  wish: GpuWish,
): GpuPlacement | undefined {
  const wished =
    wish.gpuLayers < 0 ? demand.layerBytes.length : Math.min(wish.gpuLayers, demand.layerBytes.length);
  const group = bestLibrary(gpus);
  if (wished === 0 || group.length === 0) return undefined;
  const main = wish.mainGpu === undefined ? undefined : group[wish.mainGpu];
  if (main) return longestSpread(demand, [main], wished);
  const single = wish.spread ? undefined : singleGpu(demand, group, wished);
  return longestSpread(demand, single ? [single] : group, wished);
}

/**
 * The GPUs of one library, because devices of different libraries cannot share a model. Libraries with discrete GPUs come
 * first, then those with the most free memory in total.
 */
function bestLibrary(gpus: readonly GpuRoom[]): GpuRoom[] {
  const groups = [...new Set(gpus.map(({ library }) => library))].map((library) => {
    const devices = gpus.filter((gpu) => gpu.library === library);
    const discrete = devices.filter(({ kind }) => kind === 'gpu');
    return discrete.length > 0 ? discrete : devices;
  });
  const isDiscrete = (group: readonly GpuRoom[]): number => (group[0]?.kind === 'gpu' ? 1 : 0);
  return (
    groups.sort((left, right) => isDiscrete(right) - isDiscrete(left) || free(right) - free(left))[0] ?? []
  );
}

const free = (gpus: readonly GpuRoom[]): number =>
  gpus.reduce((total, { freeBytes }) => total + freeBytes, 0);

function singleGpu(demand: LayerDemand, gpus: readonly GpuRoom[], wished: number): GpuRoom | undefined {
  const needed = sum(demand.layerBytes.slice(-wished)) + demand.computeBytes;
  const fitting = gpus.filter(({ freeBytes }) => freeBytes >= needed);
  return fitting.sort((left, right) => right.freeBytes - left.freeBytes)[0];
}

/** Places as many of the last layers as fit. If some fit, fewer fit as well, so bisection finds the maximum. */
function longestSpread(
  demand: LayerDemand,
  gpus: readonly GpuRoom[],
  wished: number,
): GpuPlacement | undefined {
  let fitting: readonly number[] | undefined = spread(demand, gpus, wished);
  let low = 0;
  let high = wished;
  while (!fitting && high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (spread(demand, gpus, middle)) low = middle;
    else high = middle;
  }
  fitting ??= low > 0 ? spread(demand, gpus, low) : undefined;
  return fitting && placementOf(demand, gpus, fitting, wished);
}

/** Number of layers on each GPU, in order: in proportion to free memory if that fits, otherwise filling one after another. */
function spread(demand: LayerDemand, gpus: readonly GpuRoom[], layers: number): number[] | undefined {
  const rooms = gpus.map(({ freeBytes }) => Math.max(0, freeBytes - demand.computeBytes));
  const bytes = demand.layerBytes.slice(demand.layerBytes.length - layers);
  const total = sum(bytes);
  const free = sum(rooms);
  const shares = rooms.map((room) => (free > 0 ? (room / free) * total : 0));
  return fill(bytes, rooms, shares) ?? fill(bytes, rooms, rooms);
}

/** Gives each device consecutive layers until it has its share, never beyond its room. The rest is for later devices. */
function fill(
  bytes: readonly number[],
  rooms: readonly number[],
  shares: readonly number[],
): number[] | undefined {
  const counts = rooms.map(() => 0);
  let layer = 0;
  let shared = 0;
  let placed = 0;
  for (const [device, room] of rooms.entries()) {
    let used = 0;
    shared += shares[device] ?? 0;
    for (let size = bytes[layer]; size !== undefined && used + size <= room; size = bytes[layer]) {
      // A layer belongs to the device in whose share its middle lies.
      if (placed + size / 2 > shared) break;
      used += size;
      placed += size;
      layer += 1;
      counts[device] = (counts[device] ?? 0) + 1;
    }
  }
  return layer === bytes.length ? counts : undefined;
}

function placementOf(
  demand: LayerDemand,
  gpus: readonly GpuRoom[],
  counts: readonly number[],
  wished: number,
): GpuPlacement {
  const gpuLayers = sum(counts);
  let layer = demand.layerBytes.length - gpuLayers;
  const bytesByGpu: Record<string, number> = {};
  for (const [index, { id }] of gpus.entries()) {
    const count = counts[index] ?? 0;
    if (count > 0) bytesByGpu[id] = sum(demand.layerBytes.slice(layer, layer + count)) + demand.computeBytes;
    layer += count;
  }
  const used = gpus
    .map(({ id }, index) => ({ id, count: counts[index] ?? 0 }))
    .filter(({ count }) => count > 0);
  return {
    plan: { gpus: used.map(({ id }) => id), split: used.map(({ count }) => count) },
    libraryFolder: gpus[0]?.libraryFolder,
    gpuLayers,
    bytesByGpu,
    isComplete: gpuLayers === wished,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
