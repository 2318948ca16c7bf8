/** Reads a model that was not pulled, as far as its registry shows it. */
import { OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { ggufFacts } from '../gguf/facts.ts';
import { limits } from '../gguf/limits.ts';
import { parseGguf } from '../gguf/parse.ts';
import type { GgufFile } from '../gguf/types.ts';
import type { ModelName } from '../names/model-name.ts';
import type { RemoteModel } from '../registry/inspect/inspect-model.ts';
import { type Layer, type Manifest, mediaTypes } from '../store/manifest.ts';
import { createConfig } from './create-config.ts';
import type { Model } from './model.ts';
import { encodeModelConfig } from './model-config.ts';
import type { ModelTemplates } from './model-templates.ts';
import { type ModelFiles, readModelFrom } from './read-model.ts';

/** The most files whose headers are read: those of the largest models in shards, and a few more. */
const MAX_HEADERS = 128;
/** The most small files that are read: the largest models have half a dozen. All of them are in memory at once. */
const MAX_TEXTS = 16;
/** Small files that say what a model needs and can do. Licenses do not. */
const textTypes: readonly string[] = [
  mediaTypes.template,
  mediaTypes.prompt,
  mediaTypes.system,
  mediaTypes.params,
  mediaTypes.messages,
];

interface Reading {
  readonly logger: Logger;
  readonly templates: Pick<ModelTemplates, 'choose'>;
}

export interface ReadRemoteModel {
  readonly model: Model;
  /** Each file once, the config included. */
  readonly layers: readonly Layer[];
  /** Bytes of the files with the weights. */
  readonly weightsFileBytes: number;
}

/**
 * @throws OllamaError `upstream` for what its registry sends, or does not; `invalid-request` for a file that is not GGUF
 */
export async function readRemoteModel(
  name: ModelName,
  remote: RemoteModel,
  reading: Reading,
): Promise<ReadRemoteModel> {
  const { manifest, files } = remote.shards ? await ofShards(remote.shards, remote) : ofManifest(remote);
  const byDigest = new Map([...manifest.layers, manifest.config].map((layer) => [layer.digest, layer]));
  const layers = [...byDigest.values()];
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  // The digest names a stored manifest; there is none yet.
  const stored = { name, digest: '', manifest, modifiedAt: new Date(0), size };
  const model = await readModelFrom({ ...stored, manifest: withoutLicenses(manifest) }, files, reading);
  return { model, layers: remote.shards ?? layers, weightsFileBytes: bytesOf(manifest) };
}

/** @throws OllamaError `upstream` for a manifest with more texts than are read */
function withoutLicenses(manifest: Manifest): Manifest {
  const texts = manifest.layers.filter(({ mediaType }) => textTypes.includes(mediaType)).length;
  if (texts <= MAX_TEXTS)
    return {
      ...manifest,
      layers: manifest.layers.filter(({ mediaType }) => mediaType !== mediaTypes.license),
    };
  throw new OllamaError(
    'upstream',
    `the model has ${texts} small files: only ${MAX_TEXTS} are read before a pull`,
  );
}

function bytesOf({ layers }: Manifest): number {
  return layers
    .filter(({ mediaType }) => mediaType === mediaTypes.model)
    .reduce((sum, { size }) => sum + size, 0);
}

function ofManifest(remote: RemoteModel): { manifest: Manifest; files: ModelFiles } {
  const { manifest } = remote;
  if (!manifest) throw new OllamaError('upstream', 'the registry has no manifest of the model');
  const layers = new Map(manifest.layers.map((layer) => [`${layer.digest}`, layer]));
  const headers = new Map<string, Promise<GgufFile>>();
  const files: ModelFiles = {
    locate: async (digest) => digest,
    text: (digest) => remote.text(digest),
    header: (path) => {
      const layer = layers.get(path);
      if (!layer) throw new OllamaError('upstream', `the manifest does not name ${path}`);
      const known = headers.get(path) ?? parseGguf(remote.start(layer));
      headers.set(path, known);
      return known;
    },
  };
  return { manifest, files };
}

/** The model that the pull would make of shards: one file, with the tensors of all. */
async function ofShards(
  shards: readonly Layer[],
  remote: RemoteModel,
): Promise<{ manifest: Manifest; files: ModelFiles }> {
  if (shards.length > MAX_HEADERS)
    throw new OllamaError(
      'upstream',
      `the model has ${shards.length} files: only ${MAX_HEADERS} are read before a pull`,
    );
  const { merged, projector: projectorHeader, projectorAt } = await mergedHeaders(shards, remote);
  const [layer] = shards;
  if (!merged || !layer) throw new OllamaError('upstream', 'the model has no files');
  const config = encodeModelConfig(createConfig({}, undefined, ggufFacts(merged), []));
  const projector = shards[projectorAt];
  const size = shards.reduce((sum, shard) => (shard === projector ? sum : sum + shard.size), 0);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: '',
    config: { mediaType: mediaTypes.json, digest: layer.digest, size: 0 },
    layers: [
      { mediaType: mediaTypes.model, digest: layer.digest, size },
      ...(projector ? [{ ...projector, mediaType: mediaTypes.projector }] : []),
    ],
  };
  const files: ModelFiles = {
    locate: async (digest) => digest,
    text: async () => config,
    header: async (path) => (path === projector?.digest ? (projectorHeader ?? merged) : merged),
  };
  return { manifest, files };
}

interface MergedHeaders {
  readonly merged: GgufFile | undefined;
  readonly projector: GgufFile | undefined;
  /** Its place among the files; -1 = there is none. */
  readonly projectorAt: number;
}

/**
 * Of the shards after the first, only the tensors are kept, and no more of these than one file may have: a publisher could
 * fill the memory with a hundred large headers.
 */
async function mergedHeaders(shards: readonly Layer[], remote: RemoteModel): Promise<MergedHeaders> {
  let [first, projector]: (GgufFile | undefined)[] = [];
  let projectorAt = -1;
  const tensors: GgufFile['tensors'][number][] = [];
  // One after the other: each may be as large as a header may be.
  for (const [index, shard] of shards.entries()) {
    const file = await parseGguf(remote.start(shard));
    if (index > 0 && projectorAt < 0 && ggufFacts(file).kind !== 'model') {
      projector = file;
      projectorAt = index;
      continue;
    }
    first ??= file;
    if (tensors.length + file.tensors.length > limits.tensors)
      throw new OllamaError('upstream', `the model has more than ${limits.tensors} tensors`);
    for (const tensor of file.tensors) tensors.push(tensor);
  }
  return { merged: first && { ...first, tensors }, projector, projectorAt };
}
