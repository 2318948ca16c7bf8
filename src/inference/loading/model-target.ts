import { OllamaError } from '../../base/errors.ts';
import type { Model } from '../../models/model.ts';
import type { LoadOptions } from '../../protocol/load.ts';
import { createLoadTarget, type LoadTarget } from '../../scheduler/load-target.ts';
import { projectorNeed } from '../../scheduler/memory/projector-need.ts';
import { type StepsBack, stepsBack } from '../../scheduler/memory/snapshots.ts';
import type { ConfiguredModel } from './configured-models.ts';
import type { EffectiveOptions } from './effective-options.ts';
import { chooseKvCacheType } from './kv-cache-type.ts';

/** Settings of the server that apply to every load. */
export interface LoadSettings {
  readonly flashAttention: LoadOptions['flashAttention'];
  readonly kvCacheType: LoadOptions['kvCacheType'];
  /** When a draft model drafts; absent = auto. */
  readonly draftModels?: 'auto' | 'on' | 'off';
  /** Absent = auto. */
  readonly grammarMatcher?: 'auto' | 'off';
  readonly kvCacheFolder: string;
  /** Bytes; 0 = none. */
  readonly kvCacheDiskBytes: number;
  readonly kvCacheRamBytes: number;
  /** Absent = false. */
  readonly keepLogits?: boolean;
}

/** Models with the same weights, adapters, adapter scales, draft model and projector share a key, and thus a runner, whatever their names are. */
export function modelKey(model: Model): string {
  const scales = adapterScales(model, model.parameters.adapter_scale ?? []);
  const adapters = model.adapterPaths.map((path, index) => `${path}*${scales[index]}`);
  const drafts = model.parameters.draft_num_predict === 0 ? [] : model.draftPaths.slice(0, 1);
  const projector = model.projector?.isInWeights === false ? [`projector ${model.projector.digest}`] : [];
  const snapshots = stepsBackOf(model).snapshots === stepsBack(model.facts).snapshots ? [] : ['no snapshots'];
  const drafting = drafts.map((path) => `draft ${path}`);
  return [model.weightsDigest, ...adapters, ...drafting, ...projector, ...snapshots].join('+');
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

/** The draft model to load, or else the model's own layer for that, unless the settings or the model's own parameters switch it off. */
function draftOf(
  { draftPaths: [path], draftFacts, facts, parameters }: Model,
  { draftModels = 'auto' }: LoadSettings,
): Pick<LoadOptions, 'draft' | 'predictingLayers' | 'drafting'> {
  const isOff = draftModels === 'off' || parameters.draft_num_predict === 0;
  if (isOff) return {};
  if (path === undefined || !draftFacts)
    return facts.hasPredictingLayer ? { predictingLayers: true, drafting: draftModels } : {};
  return { draft: { modelPath: path }, drafting: draftModels };
}

/** A model whose parameters switch drafts off needs nothing to take them back. */
function stepsBackOf({ facts, parameters }: Model): StepsBack {
  return parameters.draft_num_predict === 0 ? { snapshots: 0 } : stepsBack(facts);
}

/** @throws OllamaError `invalid-request` for more adapter scales than adapters */
export function modelTarget(
  model: ConfiguredModel,
  options: EffectiveOptions,
  settings: LoadSettings,
): LoadTarget {
  requireAdapters(model, options.adapterScales);
  const kvCache = chooseKvCacheType(settings, model.facts);
  const { snapshots, problem } = stepsBackOf(model);
  return createLoadTarget({
    key: modelKey(model),
    name: model.name.short,
    digest: model.digest,
    details: model.details,
    ...(kvCache.warning !== undefined && { warnings: [kvCache.warning] }),
    facts: model.facts,
    ...(model.draftFacts && { draftFacts: model.draftFacts }),
    ...(problem !== undefined && { draftProblem: problem }),
    ...(options.parallel !== undefined && { fixedSlots: options.parallel }),
    ...(options.mainGpu !== undefined && { mainGpu: options.mainGpu }),
    ...(model.pinned && { pinned: true }),
    extraBytes: model.adapterBytes,
    ...(model.projector && { projector: projectorNeed(model.projector.facts, model.projector.isInWeights) }),
    load: {
      modelPath: model.weightsPath,
      ...(model.adapterPaths.length > 0 && {
        adapterPaths: model.adapterPaths,
        adapterScales: adapterScales(model, options.adapterScales),
      }),
      ...draftOf(model, settings),
      ...(model.projector && { projectorPath: model.projector.path }),
      ...(snapshots > 0 && { snapshots }),
      ...(model.facts.endTokens && { endTokens: model.facts.endTokens }),
      contextLength: options.contextLength,
      batchSize: options.batchSize,
      threads: options.threads,
      gpuLayers: options.gpuLayers,
      ...(options.expertLayersOnCpu !== undefined && { expertLayersOnCpu: options.expertLayersOnCpu }),
      useMmap: options.useMmap,
      useMlock: options.useMlock,
      flashAttention: settings.flashAttention,
      kvCacheType: kvCache.type,
      ...(settings.keepLogits && { keepLogits: true }),
      ...(settings.grammarMatcher === 'off' && { grammarMatcher: 'off' }),
      prefixCache: {
        folder: settings.kvCacheFolder,
        diskBytes: settings.kvCacheDiskBytes,
        hostBytes: settings.kvCacheRamBytes,
        modelDigest: (model.computedDigest ?? model.weightsDigest).slice('sha256:'.length),
      },
    },
  });
}
