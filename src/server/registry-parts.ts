/** What pulls, pushes and serves models to others, and fetches pictures: all that speaks to other servers. */

import { MAX_MEDIUM_BYTES } from '../api/media-text.ts';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/config.ts';
import type { InspectModel } from '../inference/loading/remote-estimates.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { assembleModel } from '../models/assemble.ts';
import type { ModelCatalog } from '../models/catalog.ts';
import { createFromUrl } from '../models/create-from-url.ts';
import type { AssembleModel } from '../registry/hugging-face/sharded-model.ts';
import { userIdentity } from '../registry/identity/user-identity.ts';
import { inspectFromSources } from '../registry/inspect/inspect-model.ts';
import { DownloadLocks } from '../registry/pull/download-locks.ts';
import { mirrorsOf, pullFromSources } from '../registry/pull/pull-from-sources.ts';
import { pushThrough } from '../registry/push/push.ts';
import { Bandwidth } from '../registry/transport/bandwidth.ts';
import { anyRegistry, listedRegistries, type RegistryAccess } from '../registry/transport/registry-access.ts';
import { RegistryTransports } from '../registry/transport/transport.ts';
import { upstreamOf } from '../registry/transport/upstream.ts';
import { WebImages } from '../registry/web-file/web-images.ts';
import type { Store } from '../store/store.ts';
import { RegistryCache } from './registry-cache.ts';
import type { Pull, ServerParts } from './server-parts.ts';

export function createRegistryParts(parts: {
  readonly store: Store;
  readonly catalog: ModelCatalog;
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  readonly userFolder: string;
  readonly metrics: Metrics | undefined;
}): Pick<ServerParts, 'pull' | 'push' | 'webImages'> & {
  readonly registryCache: RegistryCache;
  readonly inspect: InspectModel;
} {
  const transports = new RegistryTransports(process.env);
  const { locks: between } = parts.store;
  const locks = new DownloadLocks((...turn) => between.exclusive(...turn));
  const bandwidth = new Bandwidth(
    () => parts.config.pullRateBytes,
    systemClock,
    (bytes) => parts.metrics?.pulled(bytes),
  );
  const identity = userIdentity(parts.userFolder, parts.logger, process.env.HF_TOKEN);
  const shared = { ...parts, transports, locks, bandwidth, identity };
  const accessOf = (isLocal: boolean): RegistryAccess =>
    isLocal ? anyRegistry : listedRegistries(parts.config.privateRegistries);
  const pull: Pull = (name, { insecure, signal, isLocal, url }) => {
    const access = accessOf(isLocal);
    const mirrors = mirrorsOf(name.host, parts.config.registryMirrors);
    const assemble: AssembleModel = (model, assembling) =>
      assembleModel(model, { ...parts, signal: assembling });
    const events = url
      ? createFromUrl(url, { ...shared, access, insecure, signal })
      : pullFromSources(name, { ...shared, access, mirrors, insecure, signal, assemble });
    return parts.store.adding(events, signal);
  };
  const inspect: InspectModel = (name, { isLocal, ...options }, use) => {
    const mirrors = mirrorsOf(name.host, parts.config.registryMirrors);
    const from = { ...options, mirrors, access: accessOf(isLocal), transports, identity, bandwidth };
    return inspectFromSources(name, { ...from, version: parts.version }, use);
  };
  const push: Pull = (name, { insecure, signal, isLocal }) =>
    pushThrough(name, { ...parts, access: accessOf(isLocal), transports, identity, insecure, signal });
  const userAgent = `ollama/${parts.version} Node/${process.versions.node}`;
  const upstream = upstreamOf({ transports, clock: systemClock, userAgent });
  const hosts = () => parts.config.fetchImages;
  const webImages = new WebImages({ transports, hosts, userAgent, maxBytes: MAX_MEDIUM_BYTES });
  return { pull, push, inspect, webImages, registryCache: new RegistryCache({ ...parts, upstream, pull }) };
}
