/** Reads what a registry says about a model, and the beginnings of its files, without pulling it. */
import { type Clock, systemClock } from '../../base/clock.ts';
import { isCancellation, OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { Digest } from '../../names/digest.ts';
import type { ModelName } from '../../names/model-name.ts';
import type { Layer, Manifest } from '../../store/manifest.ts';
import { isHuggingFaceHost } from '../hugging-face/hugging-face.ts';
import { type RepositoryTag, repositoryTags } from '../hugging-face/repository-tags.ts';
import { findShardedModel, type ShardedModel } from '../hugging-face/sharded-model.ts';
import { readTree, resolvePath } from '../hugging-face/tree.ts';
import type { OpenBlob } from '../pull/blob-request.ts';
import { reasonOf } from '../pull/download-retries.ts';
import { readManifest } from '../pull/pull.ts';
import type { SourcesOptions } from '../pull/pull-from-sources.ts';
import { openRegistry } from '../pull/pull-options.ts';
import { Bandwidth } from '../transport/bandwidth.ts';
import type { RegistryConnection } from '../transport/connection.ts';
import { anyRegistry } from '../transport/registry-access.ts';
import { FileStart } from './file-start.ts';

/** Configs, parameters, templates and licenses; the largest real ones are a tenth of it. */
const MAX_TEXT_BYTES = MIB;

export interface InspectOptions
  extends Pick<
    SourcesOptions,
    'transports' | 'mirrors' | 'version' | 'insecure' | 'access' | 'identity' | 'bandwidth' | 'clock'
  > {
  readonly signal: AbortSignal;
}

/** A model in a registry. */
export interface RemoteModel {
  /** Absent for a model in shards, for which the registry has none. */
  readonly manifest?: Manifest;
  /** The files of a model in shards, in order, then its projector. */
  readonly shards?: readonly Layer[];
  /** A small file. @throws OllamaError `upstream`, `canceled` */
  text(digest: Digest): Promise<string>;
  /** The beginning of a file. */
  start(layer: Layer): FileStart;
  /** What else the repository has; [] where nobody lists it. */
  tags(): Promise<RepositoryTag[]>;
}

/**
 * Shows a model to `use`, from the first mirror that has it, otherwise from its own registry.
 * @throws OllamaError `upstream`, `forbidden`, `canceled`; whatever `use` throws
 */
export async function inspectFromSources<Result>(
  name: ModelName,
  options: InspectOptions,
  use: (model: RemoteModel) => Promise<Result>,
): Promise<Result> {
  for (const mirror of options.mirrors) {
    try {
      return await inspectFrom(name, options, mirror, use);
    } catch (error) {
      throwIfCanceled(options.signal);
      const isOfMirror =
        error instanceof OllamaError ? error.code === 'upstream' : error instanceof TypeError;
      if (!isOfMirror) throw error;
    }
  }
  return await inspectFrom(name, options, undefined, use);
}

async function inspectFrom<Result>(
  name: ModelName,
  { transports, ...options }: InspectOptions,
  origin: string | undefined,
  use: (model: RemoteModel) => Promise<Result>,
): Promise<Result> {
  const { fetch, resolveHost, close } = transports.open();
  const { clock = systemClock, signal } = options;
  // As for a pull: a mirror has its own scheme, and whoever sends the request may use what the settings name.
  const insecure = origin === undefined ? (options.insecure ?? false) : origin.startsWith('http:');
  const access = origin === undefined ? options.access : anyRegistry;
  try {
    const registry = openRegistry(name, { ...options, fetch, resolveHost, insecure, access, origin }, clock);
    return await use(await findModel(name, { ...options, registry, clock, signal }));
  } catch (error) {
    throwIfCanceled(signal);
    if (error instanceof OllamaError || isCancellation(error)) throw error;
    throw new OllamaError('upstream', reasonOf(error), { cause: error });
  } finally {
    await close();
  }
}

interface Finding {
  readonly registry: RegistryConnection;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly bandwidth?: Bandwidth;
}

async function findModel(name: ModelName, finding: Finding): Promise<RemoteModel> {
  const { registry, clock, signal } = finding;
  const answer = await readManifest(name, registry, signal).catch((error: unknown) => ({ error }));
  if (!('error' in answer)) {
    const open: OpenBlob = (digest, headers, requestSignal) =>
      registry.get(`blobs/${digest}`, headers, requestSignal);
    return { manifest: answer.manifest, ...access(name, finding, open) };
  }
  const sharded = await findShardedModel(name, answer.error, { registry, clock, signal });
  if (!sharded) throw answer.error;
  return { shards: sharded.parts, ...access(name, finding, openShards(sharded, registry)) };
}

function openShards({ name, parts }: ShardedModel, registry: RegistryConnection): OpenBlob {
  const paths = new Map(parts.map(({ digest, file }) => [digest, resolvePath(name, file)]));
  return (digest, headers, signal) => registry.get(paths.get(digest) ?? `blobs/${digest}`, headers, signal);
}

function access(
  name: ModelName,
  { registry, clock, signal, bandwidth = new Bandwidth(() => 0, clock) }: Finding,
  open: OpenBlob,
): Pick<RemoteModel, 'text' | 'start' | 'tags'> {
  return {
    text: async (digest) =>
      new TextDecoder().decode(await registry.read(`blobs/${digest}`, {}, MAX_TEXT_BYTES, signal)),
    start: (layer) => new FileStart(layer, { open, clock, bandwidth, signal }),
    tags: async () => {
      if (!isHuggingFaceHost(name.host)) return [];
      return repositoryTags(await readTree(name, { registry, clock, signal }));
    },
  };
}
