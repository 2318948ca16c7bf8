import type { ModelDetails } from '../api/common.ts';
import type { DeviceBytes, RunnerFacts } from '../protocol/load.ts';
import { expiryOf, type Instance, isCrowded, isGoing, isIdle } from './instance.ts';
import { SYSTEM_POOL, totalOf } from './memory/memory-pools.ts';

/** One line of `ps`. */
export interface RunningModel {
  /** ID of the instance. */
  readonly id: number;
  readonly name: string;
  readonly key: string;
  /** Manifest digest, 64 hex digits. */
  readonly digest: string;
  readonly details: ModelDetails;
  readonly state: Instance['state'];
  /** Whether it is being unloaded, or ends its requests before that. */
  readonly isLeaving: boolean;
  readonly loading: boolean;
  /** Fraction of the weights that is loaded, from 0 to 1. */
  readonly loadedFraction: number;
  /** `performance.now()` at both ends of the load; absent = the process has exited, or the load has not ended. */
  readonly loadStarted?: number | undefined;
  readonly loadEnded?: number | undefined;
  /** Bytes on each device, by kind. */
  readonly memory: readonly DeviceBytes[];
  readonly sizeBytes: number;
  /** Bytes that were predicted before the load. */
  readonly predictedBytes: number;
  /** The part of `sizeBytes` on GPUs. */
  readonly gpuBytes: number;
  /** Tokens per slot. */
  readonly contextLength: number;
  readonly slots: number;
  readonly activeRequests: number;
  /** Whether people are answered beside more lines of large batches than may share the model with them. */
  readonly isCrowded: boolean;
  readonly waitingRequests: number;
  /** Never unloaded to make room, and never because it is idle. */
  readonly pinned: boolean;
  readonly expiresAt: Date | 'forever';
}

interface Described {
  readonly facts: RunnerFacts | undefined;
  readonly loadedFraction: number;
  readonly loadStarted?: number | undefined;
  readonly loadEnded?: number | undefined;
  /** Both by the scheduler's clock. */
  readonly now: number;
  readonly date: number;
}

export function describeInstance(
  instance: Instance,
  { facts, loadedFraction, loadStarted, loadEnded, now, date }: Described,
): RunningModel {
  const { target } = instance;
  const { pools, slots } = instance.place;
  const predictedBytes = totalOf(pools);
  const expiry = isIdle(instance) ? expiryOf(instance) : now + instance.keepAliveMs;
  return {
    id: instance.id,
    name: target.name,
    key: target.key,
    digest: target.digest,
    details: target.details,
    state: instance.state,
    loading: instance.state === 'loading',
    isLeaving: isGoing(instance),
    loadedFraction,
    loadStarted,
    loadEnded,
    memory: facts?.deviceMemory ?? Object.entries(pools).map(predicted),
    // Like Ollama, report a model whose layers are all on GPUs as "100% GPU".
    sizeBytes: (facts?.allLayersOnGpu ? facts.gpuMemoryBytes : facts?.memoryBytes) || predictedBytes,
    predictedBytes,
    gpuBytes: facts?.gpuMemoryBytes ?? predictedBytes - (pools[SYSTEM_POOL] ?? 0),
    contextLength: facts?.contextLength ?? target.load.contextLength,
    slots,
    activeRequests: instance.active.size,
    isCrowded: isCrowded(instance),
    waitingRequests: instance.waiting,
    pinned: instance.pinned,
    expiresAt: instance.pinned
      ? 'forever'
      : expiresAt(date + (instance.state === 'stopping' ? 0 : expiry - now)),
  };
}

function predicted([device, bytes]: [string, number]): DeviceBytes {
  return { device, weights: 0, cache: 0, compute: 0, other: bytes };
}

/** RFC 3339 has years of four digits. */
const LAST_DATE = Date.UTC(9999, 11, 31);

function expiresAt(time: number): Date | 'forever' {
  return time <= LAST_DATE ? new Date(time) : 'forever';
}
