import type { GpuDevice } from '../../gpus/gpu-device.ts';
import type { HugePages } from '../placement/weights-plan.ts';

/** The pool of system memory. */
export const SYSTEM_POOL = 'system';

/** Bytes by pool: the system memory, or a GPU by its id. */
export type PoolBytes = Readonly<Record<string, number>>;

/** The memory that the machine reports as free. */
export interface FreeMemory {
  /** Bytes that can be taken without swapping, within the limits set on this process. */
  readonly systemBytes: number;
  readonly gpus: readonly GpuDevice[];
  /** Absent = unsupported. */
  readonly hugePages?: HugePages;
}

/** A GPU and the memory that it has left for models. */
export type GpuRoom = Pick<
  GpuDevice,
  'id' | 'kind' | 'library' | 'libraryFolder' | 'isUnified' | 'freeBytes'
>;

/** Room for models. */
export interface Room {
  /** Number of additional models that may be loaded. */
  readonly count: number;
  readonly systemBytes: number;
  readonly gpus: readonly GpuRoom[];
}

export function totalOf(pools: PoolBytes): number {
  return Object.values(pools).reduce((total, bytes) => total + bytes, 0);
}

export function usesGpu(pools: PoolBytes): boolean {
  return Object.entries(pools).some(([pool, bytes]) => pool !== SYSTEM_POOL && bytes > 0);
}

/**
 * What bytes take of the pools: those on a GPU that shares the system's memory are taken from both, because a driver limits
 * how much of that memory a GPU may use.
 */
export function chargedBytes(
  pools: PoolBytes,
  gpus: readonly Pick<GpuDevice, 'id' | 'isUnified'>[],
): PoolBytes {
  const shared = gpus.reduce((total, { id, isUnified }) => total + (isUnified ? (pools[id] ?? 0) : 0), 0);
  return shared === 0 ? pools : { ...pools, [SYSTEM_POOL]: (pools[SYSTEM_POOL] ?? 0) + shared };
}

/** Whether there is room for one more model that takes these bytes. */
export function covers(room: Room, pools: PoolBytes): boolean {
  if (room.count < 1) return false;
  return Object.entries(chargedBytes(pools, room.gpus)).every(([pool, bytes]) => {
    const free = pool === SYSTEM_POOL ? room.systemBytes : room.gpus.find(({ id }) => id === pool)?.freeBytes;
    return bytes <= (free ?? 0);
  });
}

/**
 * Bytes that models may still take.
 * @param available bytes that the system can provide now
 * @param limit bytes for all models together; Infinity = no limit
 * @param usedByModels bytes that the loaded models take
 */
export function limitedBytes(available: number, limit: number, usedByModels: number): number {
  return Math.max(0, Math.min(available, limit - usedByModels));
}
