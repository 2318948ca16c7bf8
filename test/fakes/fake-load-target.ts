import type { LoadTarget, WantedLoad } from '../../src/scheduler/load-target.ts';
import type { MemoryEstimate } from '../../src/scheduler/memory-estimate.ts';

export interface FakeTargetOptions {
  /** Bytes for any number of slots, or a function of them. */
  readonly bytes?: number | ((slots: number) => number);
  readonly load?: Partial<WantedLoad>;
  readonly fixedSlots?: number;
  readonly mappedBytes?: number;
}

function fakeEstimate(totalBytes: number): MemoryEstimate {
  return {
    weightBytes: totalBytes,
    kvBytes: 0,
    recurrentBytes: 0,
    computeBytes: 0,
    adapterBytes: 0,
    processBytes: 0,
    totalBytes,
    layerBytes: [totalBytes],
    inputBytes: 0,
  };
}

export function fakeLoadTarget(name: string, options: FakeTargetOptions = {}): LoadTarget {
  const { bytes = 1, load, fixedSlots, mappedBytes = 0 } = options;
  const estimateBytes = typeof bytes === 'number' ? () => bytes : bytes;
  return {
    key: `key-of-${name}`,
    name,
    digest: '0'.repeat(64),
    load: {
      modelPath: `/models/${name}`,
      contextLength: 2048,
      batchSize: 512,
      threads: 0,
      gpuLayers: -1,
      useMmap: false,
      flashAttention: 'auto',
      kvCacheType: 'f16',
      ...load,
    },
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
    estimate: (slots) => fakeEstimate(estimateBytes(slots)),
    estimateBytes,
  };
}
