import type { DevicePlan } from '../../protocol/load.ts';
import type { LoadTarget } from '../load-target.ts';
import type { MemoryEstimate } from '../memory/memory-estimate.ts';
import { covers, type PoolBytes, type Room, SYSTEM_POOL } from '../memory/memory-pools.ts';
import { type SchedulerSettings, slotChoices } from '../scheduler-settings.ts';
import { type GpuPlacement, placeLayers } from './gpu-placement.ts';

/** Where a model is loaded, and how much memory it needs there. */
export interface Place {
  readonly slots: number;
  /** Absent = the CPU. */
  readonly devices?: DevicePlan;
  readonly libraryFolder?: string;
  readonly gpuLayers: number;
  readonly pools: PoolBytes;
  /** Whether every requested layer is on a GPU; true if none was requested. */
  readonly isWhole: boolean;
  /** Bytes of the system pool that are files mapped into memory. */
  readonly mappedBytes: number;
}

export interface PlaceOptions {
  readonly settings: Pick<SchedulerSettings, 'numParallel' | 'spread'>;
  /** Whether no other model is on a GPU. Only then may some layers stay on the CPU. */
  readonly isAlone: boolean;
}

/** Finds a place for the model in the room, with as many slots as possible. @returns undefined if there is none */
export function findPlace(target: LoadTarget, room: Room, options: PlaceOptions): Place | undefined {
  let partial: Place | undefined;
  for (const slots of slotChoices(options.settings, target.fixedSlots)) {
    const place = placeWith(target, slots, room, options.settings.spread);
    if (!covers(room, place.pools)) continue;
    if (place.isWhole) return place;
    partial = place;
  }
  return options.isAlone ? partial : undefined;
}

/** The minimum number of bytes that the model needs without a GPU. */
export function leastBytes(target: LoadTarget, settings: PlaceOptions['settings']): number {
  return Math.min(
    ...slotChoices(settings, target.fixedSlots).map((slots) => target.estimate(slots).totalBytes),
  );
}

function placeWith(target: LoadTarget, slots: number, room: Room, spread: boolean): Place {
  const estimate = target.estimate(slots);
  const { gpuLayers } = target.load;
  const placed = placeLayers(estimate, room.gpus, { gpuLayers, mainGpu: target.mainGpu, spread });
  const systemBytes = systemPart(estimate, placed);
  const wantsGpu = room.gpus.length > 0 && gpuLayers !== 0;
  return {
    slots,
    ...(placed && { devices: placed.plan }),
    ...(placed?.libraryFolder !== undefined && { libraryFolder: placed.libraryFolder }),
    gpuLayers: placed?.gpuLayers ?? 0,
    pools: { [SYSTEM_POOL]: systemBytes, ...placed?.bytesByGpu },
    isWhole: placed ? placed.isComplete : !wantsGpu,
    mappedBytes: Math.min(target.mappedBytes, systemBytes),
  };
}

/** Bytes in system memory. The CPU needs compute buffers only if it keeps some layers. */
function systemPart(estimate: MemoryEstimate, placed: GpuPlacement | undefined): number {
  if (!placed) return estimate.totalBytes;
  const onGpus = estimate.layerBytes.slice(estimate.layerBytes.length - placed.gpuLayers);
  const isWhole = placed.gpuLayers === estimate.layerBytes.length;
  const elsewhere = onGpus.reduce((total, bytes) => total + bytes, isWhole ? estimate.computeBytes : 0);
  return Math.max(0, estimate.totalBytes + copiedBytes(estimate) - elsewhere);
}

/** Bytes stored twice: an output layer that shares the tensor of the token embeddings is copied when it is on a GPU. */
function copiedBytes({ layerBytes, inputBytes, ...parts }: MemoryEstimate): number {
  const apart = layerBytes.reduce((total, bytes) => total + bytes, inputBytes);
  return Math.max(0, apart - parts.weightBytes - parts.kvBytes - parts.recurrentBytes);
}
