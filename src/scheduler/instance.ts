import { isDeepStrictEqual } from 'node:util';
import type { LoadTarget, WantedLoad } from './load-target.ts';

/** A request that has no lease yet. */
export interface WaitingRequest {
  readonly id: number;
  readonly target: LoadTarget;
  /** Milliseconds; replaces the runner's when the request is served. */
  readonly keepAliveMs?: number | undefined;
  /** When it came: milliseconds since the epoch. */
  readonly since: number;
}

/** One runner, from the decision to load it until its process is gone. */
export interface Instance {
  readonly id: number;
  readonly target: LoadTarget;
  readonly slots: number;
  /** Predicted memory. */
  readonly bytes: number;
  state: 'loading' | 'ready' | 'stopping';
  /** Admits nobody new, because a waiting request needs its place; decided anew at every event. */
  leaving: boolean;
  /** Ids of the requests that hold a lease. */
  readonly active: Set<number>;
  /** Admitted, but waiting for the load or for a slot; served in order. */
  waiting: WaitingRequest[];
  keepAliveMs: number;
  /** Times in milliseconds since the epoch. */
  lastUsed: number;
  idleSince: number;
}

export function isUnused(instance: Instance): boolean {
  return instance.active.size === 0 && instance.waiting.length === 0;
}

/** When an unused instance is to be stopped: milliseconds since the epoch, Infinity = never. */
export function expiryOf(instance: Instance): number {
  return instance.idleSince + instance.keepAliveMs;
}

/** True when a runner loaded with these options serves what is wanted: nothing would have to be loaded anew. */
export function serves(loaded: WantedLoad, wanted: WantedLoad): boolean {
  const gpuLayers = wanted.gpuLayers < 0 ? loaded.gpuLayers : wanted.gpuLayers;
  return isDeepStrictEqual({ ...wanted, gpuLayers }, loaded);
}

export function admits(instance: Instance, target: LoadTarget): boolean {
  if (instance.state === 'stopping' || instance.leaving) return false;
  return instance.target.key === target.key && serves(instance.target.load, target.load);
}
