import { type Message, type ModelDetails, type ModelLengths, messagesSchema } from '../api/common.ts';
import { type ModelOptions, parseOptions } from '../api/options/options.ts';
import { messageOf, OllamaError, systemCode } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { type GgufFacts, ggufFacts } from '../gguf/facts.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { GgufFile } from '../gguf/types.ts';
import type { Digest } from '../names/digest.ts';
import { missingBlob } from '../store/blob-store.ts';
import { type Layer, mediaTypes } from '../store/manifest.ts';
import type { StoredManifest } from '../store/manifest-store.ts';
import type { Store } from '../store/store.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { Model } from './model.ts';
import { type ModelConfig, parseModelConfig } from './model-config.ts';
import type { ModelTemplates } from './model-templates.ts';
import { type HeaderReading, type ProjectorSource, readProjector } from './read-projector.ts';
import { RemoteModelError } from './remote/remote-model.ts';

/** Where the files of a manifest are. */
export interface ModelFiles {
  /** @throws OllamaError `not-found` */
  locate(digest: Digest): Promise<string>;
  /** A small file as text. */
  text(digest: Digest): Promise<string>;
  /** The header of a file. @param path as `locate` returns it */
  header(path: string): Promise<GgufFile>;
}

interface ReadParts {
  readonly logger: Logger;
  readonly templates: Pick<ModelTemplates, 'choose'>;
}

export interface ReadSurroundings extends ReadParts {
  readonly store: Store;
}

/** Types of layers that may be links to files outside the models folder. */
const fileTypes: readonly string[] = [
  mediaTypes.model,
  mediaTypes.projector,
  mediaTypes.adapter,
  mediaTypes.draft,
];

/**
 * Reads everything that a manifest names; of the weights, only the header.
 * @throws OllamaError when a blob is missing or malformed, or the model has no GGUF weights; RemoteModelError for a model that
 * stands for one on another server
 */
export async function readModel(stored: StoredManifest, surroundings: ReadSurroundings): Promise<Model> {
  try {
    return await readModelFrom(stored, storedFiles(surroundings.store), surroundings);
  } catch (error) {
    if (!(error instanceof OllamaError) || error instanceof RemoteModelError) throw error;
    const message = `the model "${stored.name.short}" is unusable: ${messageOf(error)}`;
    throw new OllamaError('internal', message, { cause: error });
  }
}

function storedFiles({ blobs }: Store): ModelFiles {
  return {
    locate: async (digest) => {
      if ((await blobs.size(digest)) === undefined) throw missingBlob(digest);
      return blobs.locate(digest);
    },
    text: (digest) => blobs.read(digest),
    header: (path) => readGgufFile(path),
  };
}

/**
 * As `readModel`, but from wherever the files are.
 * @throws OllamaError for a file that is missing or malformed, and for a model without GGUF weights
 */
export async function readModelFrom(
  stored: StoredManifest,
  files: ModelFiles,
  { logger, templates }: ReadParts,
): Promise<Model> {
  const layers = new Layers(stored, files);
  const [weights] = layers.of(mediaTypes.model);
  const config = parseModelConfig(await files.text(stored.manifest.config.digest));
  if (!weights) {
    const { remote_host: host, remote_model: model } = config;
    if (host !== undefined && model !== undefined) {
      throw new RemoteModelError({
        ...{ name: stored.name, digest: stored.digest, modifiedAt: stored.modifiedAt, host, model },
        config,
        parameters: readParameters(await layers.texts(mediaTypes.params), logger),
        system: (await layers.texts(mediaTypes.system)).at(-1) ?? '',
        messages: readMessages(await layers.texts(mediaTypes.messages)),
      });
    }
    throw new OllamaError('internal', `it has no GGUF weights (format "${config.model_format}")`);
  }
  const weightsPath = await layers.path(weights);
  const file = await readWeights(weights, () => files.header(weightsPath));
  const facts = ggufFacts(file);
  const projectors = await layers.files(mediaTypes.projector);
  const encoding = await readProjector(
    projectors[0],
    { path: weightsPath, digest: weights.digest, file },
    { header: files.header, logger },
  );
  const draftPaths = await draftsOf(layers, logger);
  const draftFacts = await readDraft(draftPaths, { header: files.header, logger });
  const template = (await layers.texts(mediaTypes.template, mediaTypes.prompt)).at(-1);
  const { renderer, parser, model_family: family } = config;
  const { chatTemplate, toolTemplate } = facts;
  const { source, abilities } = await templates.choose({
    renderer,
    parser,
    family,
    template,
    chatTemplate,
    toolTemplate,
  });
  return {
    name: stored.name,
    digest: stored.digest,
    size: stored.size,
    modifiedAt: stored.modifiedAt,
    weightsPath,
    weightsDigest: weights.digest,
    adapterPaths: await layers.paths(mediaTypes.adapter),
    adapterBytes: layers.of(mediaTypes.adapter).reduce((total, { size }) => total + size, 0),
    draftPaths,
    ...(draftFacts && { draftFacts }),
    projectorPaths: projectors.map(({ path }) => path),
    ...encoding,
    config,
    parameters: readParameters(await layers.texts(mediaTypes.params), logger),
    ...(template !== undefined && { template }),
    system: (await layers.texts(mediaTypes.system)).at(-1) ?? '',
    messages: readMessages(await layers.texts(mediaTypes.messages)),
    licenses: await layers.texts(mediaTypes.license),
    facts,
    promptSource: source,
    capabilities: capabilitiesOf(config.capabilities ?? [], {
      facts,
      senses: encoding.projector?.senses,
      abilities,
    }),
    details: modelDetails(config, weights.from),
    lengths: modelLengths(config, facts),
  };
}

async function readWeights({ digest }: Layer, read: () => Promise<GgufFile>): Promise<GgufFile> {
  try {
    return await read();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw missingBlob(digest, error);
    throw error;
  }
}

/** A model works without its draft model, so a missing file is only logged. */
async function draftsOf(layers: Layers, logger: Logger): Promise<string[]> {
  try {
    return await layers.paths(mediaTypes.draft);
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    logger.warn('the draft model is not used', { reason: messageOf(error) });
    return [];
  }
}

/** A model works without its draft model. */
async function readDraft(
  [path]: readonly string[],
  { header, logger }: HeaderReading,
): Promise<GgufFacts | undefined> {
  if (path === undefined) return undefined;
  try {
    return ggufFacts(await header(path));
  } catch (error) {
    logger.warn('the draft model is not used; its file is unusable', { path, reason: messageOf(error) });
    return undefined;
  }
}

/** Describes what is wrong with the linked files that the model uses in place, if anything. */
export async function linkProblemOf({ manifest }: StoredManifest, store: Store): Promise<string | undefined> {
  const isFile = ({ mediaType }: Layer) => fileTypes.includes(mediaType);
  for (const { digest } of manifest.layers.filter(isFile)) {
    const problem = await store.blobs.linkProblem(digest);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export async function readModelConfig({ manifest }: StoredManifest, store: Store): Promise<ModelConfig> {
  return parseModelConfig(await store.blobs.read(manifest.config.digest));
}

export function modelDetails(config: ModelConfig, parentModel = ''): ModelDetails {
  return {
    parent_model: parentModel,
    format: config.model_format,
    family: config.model_family,
    families: config.model_families && [...config.model_families],
    parameter_size: config.model_type,
    quantization_level: config.file_type,
  };
}

/** GGUF facts fill in what an older config lacks. */
export function modelLengths(config: ModelConfig, facts?: GgufFacts): ModelLengths {
  const contextLength = config.context_length ?? facts?.contextLength ?? 0;
  const embeddingLength = config.embedding_length ?? facts?.embeddingLength ?? 0;
  return {
    ...(contextLength > 0 && { context_length: contextLength }),
    ...(embeddingLength > 0 && { embedding_length: embeddingLength }),
  };
}

/** The options in a params blob; null when it is not a JSON object. */
export function parseParametersBlob(json: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
    return { ...parsed };
  } catch {
    return null;
  }
}

class Layers {
  readonly #layers: readonly Layer[];
  readonly #files: ModelFiles;

  constructor({ manifest }: StoredManifest, files: ModelFiles) {
    this.#layers = manifest.layers;
    this.#files = files;
  }

  of(...types: readonly string[]): Layer[] {
    return this.#layers.filter((layer) => types.includes(layer.mediaType));
  }

  async paths(type: string): Promise<string[]> {
    return (await this.files(type)).map(({ path }) => path);
  }

  files(type: string): Promise<ProjectorSource[]> {
    return Promise.all(
      this.of(type).map(async (layer) => ({ path: await this.path(layer), digest: layer.digest })),
    );
  }

  /** @throws OllamaError `not-found` */
  path({ digest }: Layer): Promise<string> {
    return this.#files.locate(digest);
  }

  texts(...types: readonly string[]): Promise<string[]> {
    return Promise.all(this.of(...types).map((layer) => this.#files.text(layer.digest)));
  }
}

/** Skips invalid values, which a newer or older program may have written, so that the model stays usable. */
function readParameters(blobs: readonly string[], logger: Logger): ModelOptions {
  let parameters: ModelOptions = {};
  for (const [name, value] of blobs.flatMap((blob) => Object.entries(parseParametersBlob(blob) ?? {}))) {
    try {
      parameters = { ...parameters, ...parseOptions({ [name]: value }) };
    } catch (error) {
      logger.warn('ignored an invalid stored model parameter', { parameter: name, reason: messageOf(error) });
    }
  }
  return parameters;
}

function readMessages(blobs: readonly string[]): Message[] {
  const last = blobs.at(-1);
  if (last === undefined) return [];
  try {
    return messagesSchema.parse(JSON.parse(last));
  } catch (error) {
    throw new OllamaError('internal', 'its messages are malformed', { cause: error });
  }
}
