import { OllamaError } from '../../base/errors.ts';
import type { Model } from '../../models/model.ts';
import type { LoadOptions } from '../../protocol/load.ts';
import { createLoadTarget, type LoadTarget } from '../../scheduler/load-target.ts';
import type { EffectiveOptions } from './effective-options.ts';
import { chooseKvCacheType } from './kv-cache-type.ts';

/** Settings of the server that apply to every load. */
export interface LoadSettings {
  readonly flashAttention: LoadOptions['flashAttention'];
  readonly kvCacheType: LoadOptions['kvCacheType'];
  readonly kvCacheFolder: string;
  /** Bytes; 0 = none. */
  readonly kvCacheDiskBytes: number;
  readonly kvCacheRamBytes: number;
}

/** Models with the same weights, adapters and adapter scales share a key, and thus a runner, whatever their names are. */
export function modelKey(model: Model): string {
  const scales = adapterScales(model, model.parameters.adapter_scale ?? []);
  const adapters = model.adapterPaths.map((path, index) => `${path}*${scales[index]}`);
  return [model.weightsDigest, ...adapters].join('+');
}

/** One scale per adapter: the given ones, then 1. */
function adapterScales({ adapterPaths }: Model, named: readonly number[]): number[] {
  return adapterPaths.map((_, index) => named[index] ?? 1);
}

/** @throws OllamaError `invalid-request` */
function requireAdapters({ name, adapterPaths }: Model, scales: readonly number[]): void {
  if (scales.length <= adapterPaths.length) return;
  const message = `option "adapter_scale" has ${scales.length} numbers, but ${name.short} has ${adapterPaths.length} adapters: give at most one number per adapter`;
  throw new OllamaError('invalid-request', message);
}

/** @throws OllamaError `invalid-request` for more adapter scales than adapters */
export function modelTarget(
  model: Model & { readonly pinned?: boolean },
  options: EffectiveOptions,
  settings: LoadSettings,
): LoadTarget {
  requireAdapters(model, options.adapterScales);
  const kvCache = chooseKvCacheType(settings, model.facts);
  return createLoadTarget({
    key: modelKey(model),
    name: model.name.short,
    digest: model.digest,
    details: model.details,
    ...(kvCache.warning !== undefined && { warnings: [kvCache.warning] }),
    facts: model.facts,
    ...(options.parallel !== undefined && { fixedSlots: options.parallel }),
    ...(options.mainGpu !== undefined && { mainGpu: options.mainGpu }),
    ...(model.pinned && { pinned: true }),
    extraBytes: model.adapterBytes,
    load: {
      modelPath: model.weightsPath,
      ...(model.adapterPaths.length > 0 && {
        adapterPaths: model.adapterPaths,
        adapterScales: adapterScales(model, options.adapterScales),
      }),
      contextLength: options.contextLength,
      batchSize: options.batchSize,
      threads: options.threads,
      gpuLayers: options.gpuLayers,
      useMmap: options.useMmap,
      useMlock: options.useMlock,
      flashAttention: settings.flashAttention,
      kvCacheType: kvCache.type,
      prefixCache: {
        folder: settings.kvCacheFolder,
        diskBytes: settings.kvCacheDiskBytes,
        hostBytes: settings.kvCacheRamBytes,
        modelDigest: model.weightsDigest.slice('sha256:'.length),
      },
    },
  });
}
