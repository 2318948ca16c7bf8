import { type LoadTarget, reloadKey, type WantedLoad } from '../../../src/scheduler/load-target.ts';
import type { MemoryEstimate } from '../../../src/scheduler/memory/memory-estimate.ts';

export interface FakeTargetOptions {
  /** Bytes for any number of slots, or a function of that number. */
  readonly bytes?: number | ((slots: number) => number);
  readonly load?: Partial<WantedLoad>;
  readonly fixedSlots?: number;
  readonly mappedBytes?: number;
  readonly layers?: number;
  /** The part of all layers but the last that is experts, from 0 to 1. */
  readonly expertPart?: number;
  readonly mainGpu?: number;
  readonly pinned?: boolean;
  readonly isForBatch?: boolean;
  /** The part of the bytes that is an encoder of pictures; absent = none. */
  readonly projectorBytes?: number;
}

const defaultLoad = {
  contextLength: 2048,
  batchSize: 512,
  threads: 0,
  gpuLayers: -1,
  flashAttention: 'auto',
  kvCacheType: 'f16',
} as const;

function fakeEstimate(
  totalBytes: number,
  layers: number,
  { expertPart = 0, projectorBytes = 0 }: FakeTargetOptions,
): MemoryEstimate {
  const layerBytes = (totalBytes - projectorBytes) / layers;
  return {
    weightBytes: totalBytes - projectorBytes,
    kvBytes: 0,
    recurrentBytes: 0,
    computeBytes: 0,
    adapterBytes: 0,
    projectorBytes,
    processBytes: 0,
    totalBytes,
    layerBytes: Array.from({ length: layers }, () => layerBytes),
    expertBytes: Array.from({ length: layers - 1 }, () => layerBytes * expertPart),
    splitComputeBytes: 0,
    inputBytes: 0,
  };
}

export function fakeLoadTarget(name: string, options: FakeTargetOptions = {}): LoadTarget {
  const {
    bytes = 1,
    load: changes,
    fixedSlots,
    mappedBytes = 0,
    layers = 1,
    mainGpu,
    pinned,
    isForBatch,
  } = options;
  const load: WantedLoad = { ...defaultLoad, modelPath: `/models/${name}`, ...changes };
  return {
    key: `key-of-${name}`,
    name,
    digest: '0'.repeat(64),
    load,
    reloadKey: reloadKey(load),
    details: {
      parent_model: '',
      format: 'gguf',
      family: 'llama',
      families: ['llama'],
      parameter_size: '1M',
      quantization_level: 'F16',
    },
    ...(fixedSlots === undefined ? {} : { fixedSlots }),
    mappedBytes,
    ...(mainGpu !== undefined && { mainGpu }),
    ...(pinned !== undefined && { pinned }),
    ...(isForBatch && { isForBatch }),
    estimate: (slots) => fakeEstimate(typeof bytes === 'number' ? bytes : bytes(slots), layers, options),
  };
}
