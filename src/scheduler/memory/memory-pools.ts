import type { GpuDevice } from '../../gpus/gpu-device.ts';

/** The pool that is not a GPU's. */
export const SYSTEM_POOL = 'system';

/** Bytes by where they are: the system's memory, or a GPU by its id. */
export type PoolBytes = Readonly<Record<string, number>>;

/** What the machine says is free. */
export interface FreeMemory {
  /** Bytes that can be taken without swapping, within the limits set on this process. */
  readonly systemBytes: number;
  readonly gpus: readonly GpuDevice[];
}

/** A GPU as models see it: what it has left for them. */
export type GpuRoom = Pick<GpuDevice, 'id' | 'kind' | 'library' | 'libraryFolder' | 'freeBytes'>;

/** Room for models. */
export interface Room {
  /** How many more may be loaded. */
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

/** True when the bytes of every pool are there, for one more model. */
export function covers(room: Room, pools: PoolBytes): boolean {
  if (room.count < 1) return false;
  return Object.entries(pools).every(([pool, bytes]) => {
    const free = pool === SYSTEM_POOL ? room.systemBytes : room.gpus.find(({ id }) => id === pool)?.freeBytes;
    return bytes <= (free ?? 0);
  });
}

/**
 * Bytes that models may still take.
 * @param available what the system would give now
 * @param limit of all models together; Infinity = none
 * @param usedByModels what the loaded ones take
 */
export function limitedBytes(available: number, limit: number, usedByModels: number): number {
  return Math.max(0, Math.min(available, limit - usedByModels));
}
