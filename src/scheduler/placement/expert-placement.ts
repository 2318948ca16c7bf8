/** Places a model on GPUs that are too small for all of its experts. Pure, like `gpu-placement.ts`. */
import type { GpuRoom } from '../memory/memory-pools.ts';
import { type GpuPlacement, type GpuWish, type LayerDemand, placeLayers } from './gpu-placement.ts';

/** What a model with experts needs on GPUs. */
export interface ExpertDemand extends LayerDemand {
  /** Bytes of the experts in each layer, which `layerBytes` includes; layers beyond the list have none. */
  readonly expertBytes: readonly number[];
  /** Bytes of compute buffers on each device if experts are copied to it for long prompts, one tensor after another. */
  readonly splitComputeBytes: number;
}

/** What remains to be placed on GPUs if the experts of the first layers stay on the CPU. */
export function withoutExperts(demand: ExpertDemand, layers: number): LayerDemand {
  const kept = demand.expertBytes.slice(0, layers);
  if (!kept.some((bytes) => bytes > 0)) return demand;
  return {
    layerBytes: demand.layerBytes.map((bytes, index) => bytes - (kept[index] ?? 0)),
    computeBytes: demand.splitComputeBytes,
  };
}

export interface ExpertPlacement extends GpuPlacement {
  readonly expertLayersOnCpu: number;
}

/**
 * Places all requested layers, and keeps the experts of as few first layers as possible on the CPU. Attention, KV cache and
 * router are computed for every token, but only a few experts.
 * @returns undefined where the layers do not fit even so, or where the model has no experts
 */
export function placeExperts(
  demand: ExpertDemand,
  gpus: readonly GpuRoom[],
  wish: GpuWish,
): ExpertPlacement | undefined {
  const attempt = (layers: number): ExpertPlacement | undefined => {
    const placed = placeLayers(withoutExperts(demand, layers), gpus, wish);
    return placed?.isComplete ? { ...placed, expertLayersOnCpu: layers } : undefined;
  };
  let low = 0;
  let high = expertLayers(demand);
  let best = high > 0 ? attempt(high) : undefined;
  while (best && high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const found = attempt(middle);
    if (found) [best, high] = [found, middle];
    else low = middle;
  }
  return best;
}

/** The number of first layers that contain all experts. */
export function expertLayers({ expertBytes }: Pick<ExpertDemand, 'expertBytes'>): number {
  return expertBytes.findLastIndex((bytes) => bytes > 0) + 1;
}
