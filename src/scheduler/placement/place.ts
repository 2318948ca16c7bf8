import type { DevicePlan } from '../../protocol/load.ts';
import type { LoadTarget } from '../load-target.ts';
import type { MemoryEstimate } from '../memory/memory-estimate.ts';
import { covers, type PoolBytes, type Room, SYSTEM_POOL } from '../memory/memory-pools.ts';
import { type SchedulerSettings, slotChoices } from '../scheduler-settings.ts';
import { type ExpertPlacement, expertLayers, placeExperts, withoutExperts } from './expert-placement.ts';
import { placeLayers } from './gpu-placement.ts';
import type { WeightsPlan } from './weights-plan.ts';

/** Where a model is loaded, and how much memory it needs there. */
export interface Place {
  readonly slots: number;
  /** Absent = the CPU. */
  readonly devices?: DevicePlan;
  readonly libraryFolder?: string;
  readonly gpuLayers: number;
  /** Number of first layers whose experts stay on the CPU; 0 without a GPU. */
  readonly expertLayersOnCpu: number;
  readonly pools: PoolBytes;
  /** Where what drafts goes, on a GPU by its id or on the CPU; absent = it is not loaded. Its bytes are in the pools. */
  readonly draft?: { readonly gpu?: string };
  /** The GPU of the encoder of pictures or sound, by its id; absent = the CPU computes it, or there is none. */
  readonly projectorGpu?: string;
  /** Whether every requested layer is on a GPU; true if none was requested. */
  readonly isWhole: boolean;
  /** Bytes of the system pool that are files mapped into memory. */
  readonly mappedBytes: number;
  readonly weights: WeightsPlan;
}

export interface PlaceOptions {
  readonly settings: Pick<SchedulerSettings, 'numParallel' | 'spread'>;
  /** Whether no other model is on a GPU. Only then may some layers stay on the CPU. */
  readonly isAlone: boolean;
}

/** Finds a place for the model in the room, with as many slots as possible. @returns undefined if there is none */
export function findPlace(target: LoadTarget, room: Room, options: PlaceOptions): Place | undefined {
  const choices = slotChoices(options.settings, target);
  const { spread } = options.settings;
  let partial: Place | undefined;
  for (const slots of choices) {
    const place = placeWith(target, slots, room, spread);
    if (!covers(room, place.pools)) continue;
    if (place.isWhole) return withDraft(place, target, room);
    partial = place;
  }
  if (!options.isAlone) return undefined;
  const split = choices.map((slots) => splitWith(target, slots, room, spread));
  const found = split.findLast((place) => place && covers(room, place.pools)) ?? partial;
  return found ? withDraft(found, target, room) : placeBesideUnified(target, room, options);
}

/**
 * Without the GPUs that share the system's memory: a model in two parts needs compute buffers and some tensors twice, so one
 * that nearly fills the memory may fit only whole, on the CPU.
 */
function placeBesideUnified(target: LoadTarget, room: Room, options: PlaceOptions): Place | undefined {
  const gpus = room.gpus.filter(({ isUnified }) => !isUnified);
  return gpus.length < room.gpus.length ? findPlace(target, { ...room, gpus }, options) : undefined;
}

/** Puts the draft model where it fits beside the model: on one of its GPUs, or else on the CPU, or else nowhere. */
function withDraft(place: Place, { draftBytes }: LoadTarget, room: Room): Place {
  const bytes = draftBytes?.(place.slots) ?? 0;
  if (bytes === 0) return place;
  for (const gpu of [...(place.devices?.gpus ?? []), undefined]) {
    const pool = gpu ?? SYSTEM_POOL;
    const pools = { ...place.pools, [pool]: (place.pools[pool] ?? 0) + bytes };
    if (covers(room, pools)) return { ...place, pools, draft: gpu === undefined ? {} : { gpu } };
  }
  return place;
}

/** The minimum number of bytes that the model needs without a GPU. */
export function leastBytes(target: LoadTarget, settings: PlaceOptions['settings']): number {
  return Math.min(...slotChoices(settings, target).map((slots) => target.estimate(slots).totalBytes));
}

function placeWith(target: LoadTarget, slots: number, room: Room, spread: boolean): Place {
  const estimate = target.estimate(slots);
  const { gpuLayers, expertLayersOnCpu: wanted = 0 } = target.load;
  const kept = Math.min(wanted, expertLayers(estimate));
  const demand = withoutExperts(estimate, kept);
  const placed = placeLayers(demand, room.gpus, { gpuLayers, mainGpu: target.mainGpu, spread });
  const wantsGpu = room.gpus.length > 0 && gpuLayers !== 0;
  const isWhole = placed ? placed.isComplete : !wantsGpu;
  return placeOf(target, slots, isWhole, placed && { ...placed, expertLayersOnCpu: kept }, room);
}

/** A place on the GPUs with experts on the CPU, unless the request or the model decides about them. */
function splitWith(target: LoadTarget, slots: number, room: Room, spread: boolean): Place | undefined {
  const { gpuLayers, expertLayersOnCpu } = target.load;
  if (expertLayersOnCpu !== undefined) return undefined;
  const wish = { gpuLayers, mainGpu: target.mainGpu, spread };
  const placed = placeExperts(target.estimate(slots), room.gpus, wish);
  return placed && placeOf(target, slots, false, placed, room);
}

function placeOf(
  target: LoadTarget,
  slots: number,
  isWhole: boolean,
  placed: ExpertPlacement | undefined,
  room: Room,
): Place {
  const estimate = target.estimate(slots);
  const projectorGpu = gpuForProjector(estimate.projectorBytes, room, placed);
  const moved = projectorGpu === undefined ? 0 : estimate.projectorBytes;
  const systemBytes = systemPart(estimate, placed) - moved;
  const pools: PoolBytes = { [SYSTEM_POOL]: systemBytes, ...placed?.bytesByGpu };
  return {
    slots,
    ...(placed && { devices: placed.plan }),
    ...(placed?.libraryFolder !== undefined && { libraryFolder: placed.libraryFolder }),
    gpuLayers: placed?.gpuLayers ?? 0,
    expertLayersOnCpu: placed?.expertLayersOnCpu ?? 0,
    pools:
      projectorGpu === undefined ? pools : { ...pools, [projectorGpu]: (pools[projectorGpu] ?? 0) + moved },
    ...(projectorGpu !== undefined && { projectorGpu }),
    isWhole,
    mappedBytes: Math.min(target.mappedBytes, systemBytes),
    weights: { useMmap: target.load.useMmap ?? true, hugePages: false, reason: 'not decided' },
  };
}

/** The first of the model's GPUs that has room left for the encoder of pictures or sound; the layers of the model come first. */
function gpuForProjector(
  bytes: number,
  { gpus }: Room,
  placed: ExpertPlacement | undefined,
): string | undefined {
  if (bytes === 0) return undefined;
  return placed?.plan.gpus.find((id) => {
    const free = gpus.find((gpu) => gpu.id === id)?.freeBytes ?? 0;
    return (placed.bytesByGpu[id] ?? 0) + bytes <= free;
  });
}

/**
 * Bytes in system memory. The CPU needs compute buffers only if it keeps some layers; for experts alone they are small.
 */
function systemPart(estimate: MemoryEstimate, placed: ExpertPlacement | undefined): number {
  if (!placed) return estimate.totalBytes;
  const first = estimate.layerBytes.length - placed.gpuLayers;
  const experts = estimate.expertBytes.slice(0, placed.expertLayersOnCpu);
  const onGpus = estimate.layerBytes
    .slice(first)
    .map((bytes, index) => bytes - (experts[first + index] ?? 0));
  const elsewhere = onGpus.reduce((total, bytes) => total + bytes, first === 0 ? estimate.computeBytes : 0);
  return Math.max(0, estimate.totalBytes + copiedBytes(estimate) - elsewhere);
}

/** Bytes stored twice: an output layer that shares the tensor of the token embeddings is copied when it is on a GPU. */
function copiedBytes({ layerBytes, inputBytes, ...parts }: MemoryEstimate): number {
  const apart = layerBytes.reduce((total, bytes) => total + bytes, inputBytes);
  return Math.max(0, apart - parts.weightBytes - parts.kvBytes - parts.recurrentBytes);
}
