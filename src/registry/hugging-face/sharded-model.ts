/** Models that Hugging Face stores in several GGUF files, for which its registry provides no manifest. */
import { createHash } from 'node:crypto';
import { type FreeBytes, requireFreeSpace, systemFreeBytes } from '../../base/disk-space.ts';
import { messageOf, OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { type Digest, parseDigest } from '../../names/digest.ts';
import type { ModelName } from '../../names/model-name.ts';
import { type Layer, manifestDigests, mediaTypes } from '../../store/manifest.ts';
import type { Store } from '../../store/store.ts';
import { reasonOf } from '../pull/download-retries.ts';
import { missingBytes } from '../pull/missing-bytes.ts';
import { type PullContext, type PullProgress, pullLayers } from '../pull/pull-layers.ts';
import type { RegistryConnection } from '../transport/connection.ts';
import { RegistryStatusError } from '../transport/status-error.ts';
import { isHuggingFaceHost } from './hugging-face.ts';
import { chooseShardSet, completeShards, labelsOf, projectorAmong, shardSets } from './shard-sets.ts';
import { readTree, resolvePath, type TreeConnection, type TreeFile } from './tree.ts';

/** Statuses that its registry answers for such models; 404 for a name that is not the tag of a single file. */
const refusals = [400, 404];

/** Creates a model from files in the blob store, which are removed unless a model uses them; ends with "success". */
export type AssembleModel = (model: AssembledModel, signal: AbortSignal) => AsyncIterable<PullProgress>;

export interface AssembledModel {
  readonly name: ModelName;
  /** Digests by file name. */
  readonly files: Readonly<Record<string, Digest>>;
  /** Stored with the model. */
  readonly mergedFrom: Digest;
}

interface Part extends Layer {
  readonly file: TreeFile;
}

export interface ShardedModel {
  readonly name: ModelName;
  readonly parts: readonly Part[];
}

interface ShardedPull {
  readonly store: Store;
  readonly registry: RegistryConnection;
  readonly context: PullContext;
  readonly controller: AbortController;
  readonly assemble: AssembleModel;
  readonly freeBytes?: FreeBytes;
}

/**
 * Finds the shards that a name refers to, after the registry has refused its manifest.
 * @param refusal what reading the manifest threw
 * @returns undefined when the refusal has another reason, or there are no shards
 * @throws OllamaError `upstream` when the shards cannot be used, `canceled`
 */
export async function findShardedModel(
  name: ModelName,
  refusal: unknown,
  connection: TreeConnection,
): Promise<ShardedModel | undefined> {
  const cause = refusal instanceof OllamaError ? refusal.cause : undefined;
  if (!isHuggingFaceHost(name.host) || !(cause instanceof RegistryStatusError)) return undefined;
  if (!refusals.includes(cause.registryStatus)) return undefined;
  try {
    const files = await readTree(name, connection);
    const sets = shardSets(files);
    if (sets.length === 0) return undefined;
    const chosen = chooseShardSet(sets, name.tag);
    if (!chosen)
      throw new OllamaError('upstream', `${cause.message} (available in shards: ${labelsOf(sets)})`);
    const projector = projectorAmong(files);
    const parts = [...completeShards(chosen), ...(projector ? [projector] : [])].map(partOf);
    return { name, parts };
  } catch (error) {
    throwIfCanceled(connection.signal);
    if (error instanceof RegistryStatusError) return undefined; // The first refusal is more informative.
    throw new OllamaError('upstream', `pull model manifest: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Downloads the shards and has them merged into one model. A model made from the same shards is left unchanged.
 * @throws OllamaError as `pullModel`
 */
export async function* pullShardedModel(
  { name, parts }: ShardedModel,
  pull: ShardedPull,
): AsyncGenerator<PullProgress, void> {
  const { store, registry, context, controller, assemble } = pull;
  const mergedFrom = fingerprintOf(parts);
  if (await isHere(name, mergedFrom, store)) {
    yield { status: 'success' };
    return;
  }
  // The merged file takes as much space again.
  const needed = (await missingBytes(store.blobs, parts)) + parts.reduce((sum, { size }) => sum + size, 0);
  await requireFreeSpace(store.blobs.folder, needed, pull.freeBytes ?? systemFreeBytes);
  const paths = new Map(parts.map(({ digest, file }) => [digest, resolvePath(name, file)]));
  const openBlob: PullContext['openBlob'] = (digest, headers, signal) =>
    registry.get(paths.get(digest) ?? `blobs/${digest}`, headers, signal);
  yield* pullLayers(parts, { ...context, openBlob }, controller);
  yield { status: 'verifying sha256 digest' };
  const files = Object.fromEntries(parts.map(({ digest, file }) => [file.path, digest]));
  try {
    yield* assemble({ name, files, mergedFrom }, controller.signal);
  } catch (error) {
    throwIfCanceled(controller.signal);
    if (!(error instanceof OllamaError) || error.code !== 'invalid-request') throw error;
    // Another attempt would download the same files.
    await store.removeUnreferenced(parts.map(({ digest }) => digest));
    throw new OllamaError('upstream', `${name.short} cannot be merged: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function partOf(file: TreeFile): Part {
  const { digest, size, path } = file;
  if (digest === undefined) throw new OllamaError('upstream', `${path} has no SHA-256 in the repository`);
  return { mediaType: mediaTypes.model, digest, size, file };
}

function fingerprintOf(parts: readonly Part[]): Digest {
  const text = parts.map(({ digest }) => `${digest}\n`).join('');
  return parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
}

async function isHere(name: ModelName, mergedFrom: Digest, { manifests, blobs }: Store): Promise<boolean> {
  const stored = await manifests.read(name).catch(() => undefined);
  if (stored?.manifest.mergedFrom !== mergedFrom) return false;
  const sizes = await Promise.all(manifestDigests(stored.manifest).map((digest) => blobs.size(digest)));
  return sizes.every((size) => size !== undefined);
}
