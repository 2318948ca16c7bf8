import type { ConfiguredModels } from '../../inference/loading/configured-models.ts';
import { Metrics } from '../../metrics/metrics.ts';
import { engineName } from './engine-name.ts';
import { type LiveParts, liveSource } from './live-source.ts';

interface MetricsParts extends LiveParts {
  readonly config: LiveParts['config'] & { readonly metrics: boolean; readonly llamaCppMetrics: boolean };
  readonly models: Pick<ConfiguredModels, 'aliasTarget'>;
  readonly version: string;
}

/** @returns undefined when the settings switch them off */
export function createMetrics({ models, version, ...live }: MetricsParts): Metrics | undefined {
  const { metrics, llamaCppMetrics: llamaCpp } = live.config;
  if (!metrics) return undefined;
  // An engine serves a model and its aliases alike, so that all of them count for the model.
  const modelName = (listed: string) => engineName(listed, models);
  return new Metrics({ version, llamaCpp, modelName, live: liveSource(live) });
}
