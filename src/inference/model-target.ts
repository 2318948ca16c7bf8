import type { Model } from '../models/model.ts';
import type { LoadOptions } from '../runner/protocol.ts';
import { createLoadTarget, type LoadTarget } from '../scheduler/load-target.ts';
import type { EffectiveOptions } from './effective-options.ts';

/** What the server's configuration decides for every load. */
export interface LoadSettings {
  readonly flashAttention: LoadOptions['flashAttention'];
  readonly kvCacheType: LoadOptions['kvCacheType'];
  readonly kvCacheFolder: string;
  /** Bytes; 0 = none. */
  readonly kvCacheDiskBytes: number;
  readonly kvCacheRamBytes: number;
}

/** Models that share weights and adapters share a runner, whatever they are called. */
export function modelKey(model: Model): string {
  return [model.weightsDigest, ...model.adapterPaths].join('+');
}

export function modelTarget(model: Model, options: EffectiveOptions, settings: LoadSettings): LoadTarget {
  return createLoadTarget({
    key: modelKey(model),
    name: model.name.short,
    digest: model.digest,
    details: model.details,
    facts: model.facts,
    load: {
      modelPath: model.weightsPath,
      ...(model.adapterPaths.length > 0 && { adapterPaths: model.adapterPaths }),
      contextLength: options.contextLength,
      batchSize: options.batchSize,
      threads: options.threads,
      gpuLayers: options.gpuLayers,
      useMmap: options.useMmap,
      flashAttention: settings.flashAttention,
      kvCacheType: settings.kvCacheType,
      prefixCache: {
        folder: settings.kvCacheFolder,
        diskBytes: settings.kvCacheDiskBytes,
        hostBytes: settings.kvCacheRamBytes,
        modelDigest: model.weightsDigest.slice('sha256:'.length),
      },
    },
  });
}
