import { type Instance, isGoing } from '../instance.ts';
import type { LoadTarget } from '../load-target.ts';
import { SYSTEM_POOL, usesGpu } from '../memory/memory-pools.ts';
import type { Place } from './place.ts';
import { type HugePages, planWeights } from './weights-plan.ts';

interface Surroundings {
  readonly hugePages: HugePages | undefined;
  /** Bytes of the system's memory that are free before the load. */
  readonly freeBytes: number;
  readonly instances: readonly Instance[];
}

/** Completes a place with how the weights get there. */
export function placeWeights({ load }: LoadTarget, place: Place, surroundings: Surroundings): Place {
  const { hugePages = 'unsupported', freeBytes, instances } = surroundings;
  const weights = planWeights({
    useMmap: load.useMmap,
    usesGpu: usesGpu(place.pools),
    hugePages,
    isMappedElsewhere: instances.some((instance) => !isGoing(instance) && maps(instance, load.modelPath)),
    bytes: place.pools[SYSTEM_POOL] ?? 0,
    freeBytes,
    laterBytes: load.prefixCache?.hostBytes ?? 0,
  });
  return { ...place, weights, mappedBytes: weights.useMmap ? place.mappedBytes : 0 };
}

function maps({ target, place }: Instance, modelPath: string): boolean {
  return place.weights.useMmap && target.load.modelPath === modelPath;
}
