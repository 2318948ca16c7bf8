/** Joins what runs models here with the servers that answer for others. */
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import type { Embedder } from '../inference/embedding/embed.ts';
import type { Inference } from '../inference/inference.ts';
import { LocalFacts, type LocalFactsParts } from '../inference/remote/local-facts.ts';
import { RemoteNames } from '../inference/remote/remote-names.ts';
import { RemoteRuns } from '../inference/remote/remote-runs.ts';
import { RoutedEmbedder } from '../inference/remote/routed-embedder.ts';
import { RoutedInference } from '../inference/remote/routed-inference.ts';
import { UsualRuns } from '../inference/remote/usual-runs.ts';
import { Upstreams } from '../upstreams/routing/upstreams.ts';

export function createUpstreams(
  settings: LiveSettings,
  logger: Logger,
): { readonly upstreams: Upstreams; readonly usualRuns: UsualRuns } {
  return {
    upstreams: new Upstreams({ settings, clock: systemClock, logger, environment: process.env }),
    usualRuns: new UsualRuns(),
  };
}

interface RemotePartsOptions extends Omit<LocalFactsParts, 'config'> {
  readonly upstreams: Upstreams;
  readonly settings: LiveSettings;
  readonly version: string;
  readonly config: LocalFactsParts['config'] & { readonly remotes: readonly string[] };
}

interface RemoteParts {
  readonly inference: RoutedInference;
  readonly embedder: RoutedEmbedder;
  readonly remoteNames: RemoteNames;
}

/** @param local what runs models here */
export function withUpstreams<Local extends { readonly inference: Inference; readonly embedder: Embedder }>(
  local: Local,
  { upstreams, settings, version, ...parts }: RemotePartsOptions,
): Omit<Local, 'inference' | 'embedder'> & RemoteParts {
  const { config, logger } = parts;
  const names = new RemoteNames({ upstreams, settings, config });
  const facts = new LocalFacts(parts);
  const asking = { ...parts, upstreams, clock: systemClock, userAgent: `ollama-ts/${version}` };
  return {
    ...local,
    inference: new RoutedInference({
      ...{ local: local.inference, runs: new RemoteRuns(asking), names, facts, logger },
    }),
    embedder: new RoutedEmbedder({ ...asking, local: local.embedder, names, facts }),
    remoteNames: names,
  };
}
