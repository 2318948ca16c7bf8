import type { LoadTarget, WantedLoad } from '../../src/scheduler/load-target.ts';

export interface FakeTargetOptions {
  /** Bytes for any number of slots, or a function of them. */
  readonly bytes?: number | ((slots: number) => number);
  readonly load?: Partial<WantedLoad>;
  readonly fixedSlots?: number;
  readonly mappedBytes?: number;
}

export function fakeLoadTarget(name: string, options: FakeTargetOptions = {}): LoadTarget {
  const { bytes = 1, load, fixedSlots, mappedBytes = 0 } = options;
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
    estimateBytes: typeof bytes === 'number' ? () => bytes : bytes,
  };
}
