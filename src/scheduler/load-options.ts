import type { LoadOptions } from '../protocol/load.ts';
import type { LoadTarget } from './load-target.ts';
import type { Place } from './placement/place.ts';

/** What a child is to load: what was wanted, with what the scheduler has decided. */
export function loadOptions(
  { load: { draft, predictingLayers, expertLayersOnCpu: _wanted, ...wanted } }: LoadTarget,
  place: Place,
): LoadOptions {
  const { slots, devices, gpuLayers, expertLayersOnCpu, libraryFolder } = place;
  const load = {
    ...wanted,
    ...(draft && place.draft && { draft: { ...draft, ...place.draft } }),
    ...(predictingLayers && place.draft && { predictingLayers }),
  };
  const { useMmap, hugePages } = place.weights;
  const placed = { ...load, slots, useMmap, ...(hugePages && { hugePages }) };
  const { projectorGpu } = place;
  if (!devices) return placed;
  return {
    ...placed,
    devices,
    gpuLayers,
    ...(projectorGpu !== undefined && { projectorGpu }),
    ...(expertLayersOnCpu > 0 && { expertLayersOnCpu }),
    ...(libraryFolder !== undefined && { libraryFolder }),
  };
}

/** Where the weights get to, for the log. */
export function weightsMessage({ weights: { useMmap, hugePages } }: Place): string {
  if (useMmap) return 'weights are mapped from their file';
  return hugePages ? 'weights are read into huge pages' : 'weights are read into memory';
}
