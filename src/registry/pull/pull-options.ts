/** Options that all kinds of pulls share, and what is derived from them. */
import { arch, platform } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import type { FreeBytes } from '../../base/disk-space.ts';
import type { Logger } from '../../base/logger.ts';
import type { ModelName } from '../../names/model-name.ts';
import type { Store } from '../../store/store.ts';
import { huggingFaceOrigin } from '../hugging-face/hugging-face.ts';
import type { AssembleModel } from '../hugging-face/sharded-model.ts';
import type { RegistryIdentity } from '../identity/authorization.ts';
import { type ResolveHost, systemResolveHost } from '../transport/addresses.ts';
import { Bandwidth } from '../transport/bandwidth.ts';
import { RegistryConnection } from '../transport/connection.ts';
import type { RegistryAccess } from '../transport/registry-access.ts';
import type { FileContext } from './download.ts';
import type { DownloadLocks } from './download-locks.ts';
import { StreamSlots } from './stream-slots.ts';

/** The default of the setting. */
const DEFAULT_STREAMS = 4;

export interface PullOptions {
  readonly store: Store;
  readonly fetch: typeof globalThis.fetch;
  /** Shared by all pulls into one models folder. */
  readonly locks: DownloadLocks;
  readonly logger: Logger;
  /** Our version, sent to the registry. */
  readonly version: string;
  /** Use http instead of https. */
  readonly insecure?: boolean;
  /** Origin of a mirror to ask instead of the name's own registry, "https://mirror.example". */
  readonly origin?: string | undefined;
  readonly identity?: RegistryIdentity;
  /** Which registries that are not public may be used; all without it. */
  readonly access?: RegistryAccess | undefined;
  readonly signal?: AbortSignal;
  readonly config?: { readonly noPrune: boolean; readonly pullStreams?: number };
  /** Shared by all pulls; without it there is no limit. */
  readonly bandwidth?: Bandwidth;
  readonly clock?: Clock;
  readonly resolveHost?: ResolveHost;
  readonly freeBytes?: FreeBytes;
  /** Without it, sharded models on Hugging Face cannot be pulled. */
  readonly assemble?: AssembleModel;
}

/** Opens a connection to the source of a model. */
export function openRegistry(
  name: ModelName,
  options: Pick<
    PullOptions,
    'insecure' | 'fetch' | 'resolveHost' | 'version' | 'access' | 'origin' | 'identity'
  >,
  clock: Clock,
): RegistryConnection {
  const { insecure = false } = options;
  return new RegistryConnection(name, {
    fetch: options.fetch,
    clock,
    resolveHost: options.resolveHost ?? systemResolveHost,
    userAgent: `ollama/${options.version} (${arch()} ${platform()}) Node/${process.versions.node}`,
    insecure,
    access: options.access,
    origin: options.origin ?? huggingFaceOrigin(name, insecure),
    ...(options.identity && { identity: options.identity }),
  });
}

/** Parts that the downloads of one pull share. */
export function fileContext(options: PullOptions, clock: Clock): FileContext {
  const streams = Math.max(1, options.config?.pullStreams ?? DEFAULT_STREAMS);
  return {
    blobs: options.store.blobs,
    clock,
    logger: options.logger,
    slots: new StreamSlots(streams),
    streams,
    bandwidth: options.bandwidth ?? new Bandwidth(() => 0, clock),
    random: Math.random,
  };
}
