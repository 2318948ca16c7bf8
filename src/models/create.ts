import type { ProgressResponse } from '../api/common.ts';
import type { CreateRequest } from '../api/create.ts';
import type { ModelOptions } from '../api/options/options.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';
import { parserNamed } from '../chat/families/families.ts';
import { type LibraryTemplate, libraryTemplateFor } from '../chat/known-templates/known-templates.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import { checkTextArchitecture } from '../gguf/one-file/text-part.ts';
import type { Digest } from '../names/digest.ts';
import type { FileUrl } from '../names/file-url.ts';
import type { ModelName } from '../names/model-name.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import type { TypeSpeeds } from '../quantize/speed/type-speeds.ts';
import { mediaTypes } from '../store/manifest.ts';
import { replaceManifest } from '../store/replace-manifest.ts';
import type { Store } from '../store/store.ts';
import type { ModelCatalog } from './catalog.ts';
import type { Converter } from './conversion/converter.ts';
import {
  convertedDigests,
  type ImportedFiles,
  importFolders,
  isOnePass,
  withImportedDraft,
} from './conversion/import-folders.ts';
import { createConfig } from './create-config.ts';
import { applyDraft } from './create-draft.ts';
import {
  adapterFiles,
  adaptersInOrder,
  type Base,
  basePathOf,
  type CheckedFile,
  checkFile,
  weightsOf,
} from './create-files.ts';
import { applyTexts } from './create-layers.ts';
import { asksForAuto, type CreatePlan, checkRenderer, planCreate, type UploadedFile } from './create-plan.ts';
import { type QuantizedWeights, quantizeWeights, type Weights } from './create-quantize.ts';
import { joinShards } from './create-shards.ts';
import { LayerBuilder } from './layer-builder.ts';
import { encodeModelConfig } from './model-config.ts';
import { type CreateRemoteOptions, createRemoteModel } from './remote/create-remote.ts';

export interface CreateOptions {
  readonly store: Store;
  readonly catalog: ModelCatalog;
  /** Downloads a missing base model from its registry or from the URL of its file. */
  readonly pull: (
    name: ModelName,
    signal: AbortSignal | undefined,
    url: FileUrl | undefined,
  ) => AsyncIterable<ProgressResponse>;
  /** When absent, requests to quantize are refused. */
  readonly quantizer?: Pick<Quantizer, 'quantize'>;
  /** When absent, safetensors are refused. */
  readonly converter?: Pick<Converter, 'convert'>;
  /** Knows what `auto` stands for. */
  readonly typeSpeeds?: Pick<TypeSpeeds, 'best'>;
  /** The host of a remote model as it is stored; absent = such models are refused. */
  readonly remoteHost?: CreateRemoteOptions['remoteHost'];
  readonly signal?: AbortSignal;
  /** For whom safetensors are converted: owners take turns. */
  readonly owner?: string | undefined;
  readonly config?: { readonly noPrune: boolean };
  /** Identifies the shards that downloaded weights were merged from; recorded in the manifest. */
  readonly mergedFrom?: Digest;
  /** Whether a projector that the engine cannot use is kept: whoever pulls a model may still want its text. */
  readonly keepsProjectors?: boolean;
}

/**
 * Creates a model from uploaded files or from another model, and from the texts of the request. GGUF files are kept as
 * uploaded, except weights that are quantized or shards that are merged: these are removed once the new file exists, and so
 * are safetensors, which are converted.
 * On failure or cancellation, the name keeps its former model and no new blob remains.
 * @throws OllamaError `invalid-request`, `storage-full`, `canceled`, and the errors of `pull`
 */
export function createModel(
  request: CreateRequest,
  options: CreateOptions,
): AsyncGenerator<ProgressResponse, void> {
  const { remoteHost } = options;
  return request.remote_host && remoteHost
    ? createRemoteModel(request, { ...options, remoteHost })
    : createModelHere(request, options);
}

async function* createModelHere(
  request: CreateRequest,
  options: CreateOptions,
): AsyncGenerator<ProgressResponse, void> {
  const { store, signal } = options;
  const autoType = asksForAuto(request) ? await options.typeSpeeds?.best() : undefined;
  const plan = planCreate(request, autoType);
  if (autoType !== undefined) yield { status: `quantizing to ${autoType}, the best type for this machine` };
  await options.catalog.checkTemplate(request.template, signal);
  checkRenderer(request);
  const base = plan.from && (yield* findBase(plan.from, plan.fromUrl, options));
  const joined = yield* joinShards(plan.files, store.blobs, signal);
  const layers = new LayerBuilder(store.blobs, base?.layers ?? []);
  const unused = [...joined.shards, ...convertedDigests(plan)];
  const intermediates: Digest[] = [];
  let done = false;
  try {
    const files = yield* checkFiles(joined.files, options);
    const given = yield* checkFiles(adapterFiles(plan.adapters), options);
    const basePath = await basePathOf(base, files, store);
    const imported = yield* importFolders(plan, { layers, basePath, options });
    intermediates.push(...imported.intermediates);
    const adapters = adaptersInOrder(plan.adapters, given, imported.adapters);
    const models = imported.model ? [imported.model, ...files] : files;
    const source = weightsOf(base, models, adapters);
    checkTextArchitecture(source.facts.architecture);
    const quantized = yield* quantizeAsPlanned(source, plan, layers, options);
    if (quantized && !base) unused.push(source.digest);
    const others = [...models, ...adapters].filter((file) => !quantized || file.digest !== source.digest);
    const { facts: weights } = quantized ?? source;
    const { quantizer } = options;
    const isConverted = imported.draft !== undefined;
    const context = { blobs: store.blobs, quantizer, signal, isConverted };
    const fullDraft = yield* applyDraft(withImportedDraft(plan, imported), weights, layers, context);
    if (fullDraft !== undefined) unused.push(fullDraft);
    const parts = quantized ? [quantized, ...others] : others;
    yield* buildModel({ request, plan, base, files: parts, imported, weights, layers, options });
    done = true;
  } finally {
    const merged = joined.merged === undefined ? [] : [joined.merged];
    const kept = options.config?.noPrune ? [] : unused;
    await store.removeUnreferenced(done ? [...kept, ...intermediates] : [...layers.created, ...merged]);
  }
  yield* warnings(request, plan.name, options);
  yield { status: 'success' };
}

/** What the new model will do differently than its request says. */
async function* warnings(
  request: CreateRequest,
  name: ModelName,
  { catalog, signal }: CreateOptions,
): AsyncGenerator<ProgressResponse, void> {
  if (hasUnknownParser(request)) {
    yield { status: `warning: unknown parser "${request.parser}": completions are read without it` };
  }
  const failure = await catalog.templateFailure(name, signal);
  if (failure !== undefined) {
    yield { status: `warning: the template cannot be used, prompts are written in ChatML: ${failure}` };
  }
}

function hasUnknownParser({ parser }: CreateRequest): boolean {
  return Boolean(parser) && !parserNamed(parser ?? '');
}

interface Parts {
  readonly request: CreateRequest;
  readonly plan: CreatePlan;
  readonly base: Base | undefined;
  readonly files: readonly Weights[];
  readonly imported: ImportedFiles;
  readonly weights: GgufFacts;
  readonly layers: LayerBuilder;
  readonly options: CreateOptions;
}

/** Replaces the weights of the base model by quantized ones. @returns undefined when there is nothing to quantize */
async function* quantizeAsPlanned(
  source: Weights,
  { folder, quantize, requantize = false }: CreatePlan,
  layers: LayerBuilder,
  { store, quantizer, signal }: CreateOptions,
): AsyncGenerator<ProgressResponse, QuantizedWeights | undefined> {
  const isConverted = folder !== undefined;
  if (!quantize || (isConverted && isOnePass(quantize))) return undefined;
  const quantized = yield* quantizeWeights(source, quantize, {
    blobs: store.blobs,
    quantizer,
    signal,
    requantize,
    isConverted,
  });
  if (!quantized) return undefined;
  if (!quantized.existed) layers.claim(quantized.digest);
  layers.remove(mediaTypes.model);
  return quantized;
}

async function* buildModel(parts: Parts): AsyncGenerator<ProgressResponse, void> {
  const { request, plan, base, files, imported, weights, layers, options } = parts;
  for (const { digest, facts } of files) await layers.addBlob(mediaTypes[facts.kind], digest);
  const known = base ? undefined : libraryTemplateFor(weights.chatTemplate ?? '');
  if (known) yield { status: `using autodetected template ${known.name}` };
  await applyTexts(withDefaults(request, known, imported.parameters), layers, options.store.blobs);
  requireAdaptersFor(request, layers);
  const added = files.filter(({ facts }) => facts.kind !== 'adapter').map(({ facts }) => facts);
  const config = createConfig(request, baseConfig(base, plan, weights), weights, added, imported.parts);
  const configLayer = await layers.writeText(mediaTypes.config, encodeModelConfig(config));
  for (const { digest } of [...layers.layers, configLayer]) {
    yield {
      status: `${layers.created.has(digest) ? 'creating new layer' : 'using existing layer'} ${digest}`,
    };
  }
  yield { status: 'writing manifest' };
  throwIfCanceled(options.signal);
  await layers.requireAll();
  await replaceManifest(plan.name, { config: configLayer, layers: layers.layers }, options);
}

function baseConfig(base: Base | undefined, { quantize }: CreatePlan, { fileType }: GgufFacts) {
  return base && quantize ? { ...base.model.config, file_type: fileType } : base?.model.config;
}

/**
 * Adds what a known format and the folder of the weights suggest; template, stop words and other parameters of the request
 * take precedence.
 */
function withDefaults(
  request: CreateRequest,
  known: LibraryTemplate | undefined,
  suggested: ModelOptions,
): CreateRequest {
  const stop = [...new Set([...(known?.stop ?? []), ...(suggested.stop ?? [])])];
  const parameters = { ...suggested, ...(stop.length > 0 && { stop }), ...request.parameters };
  const template = request.template || known?.template;
  return {
    ...request,
    ...(template !== undefined && { template }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  };
}

/** With more scales than adapters, the model would refuse every request. */
function requireAdaptersFor({ parameters }: CreateRequest, layers: LayerBuilder): void {
  const scales = parameters?.adapter_scale?.length ?? 0;
  const adapters = layers.of(mediaTypes.adapter).length;
  if (scales <= adapters) return;
  const message = `parameter "adapter_scale" is given ${scales} times for ${adapters} adapters: give it at most once per adapter`;
  throw new OllamaError('invalid-request', message);
}

async function* findBase(
  name: ModelName,
  url: FileUrl | undefined,
  options: CreateOptions,
): AsyncGenerator<ProgressResponse, Base> {
  const { store, catalog, signal } = options;
  if (!(await store.manifests.read(name))) {
    for await (const progress of options.pull(name, signal, url)) {
      // Clients stop at the first "success", and our own is still to come.
      if (progress.status !== 'success') yield progress;
    }
  }
  const model = await catalog.find(name);
  const stored = await store.manifests.read(name);
  if (!model || !stored) throw new OllamaError('not-found', `model '${name.short}' not found`);
  const from = stored.name.short;
  return { model, layers: stored.manifest.layers.map((layer) => ({ ...layer, from })) };
}

async function* checkFiles(
  files: readonly UploadedFile[],
  { store, signal, keepsProjectors = false }: CreateOptions,
): AsyncGenerator<ProgressResponse, CheckedFile[]> {
  const checked: CheckedFile[] = [];
  for (const file of files) {
    yield { status: 'parsing GGUF' };
    throwIfCanceled(signal);
    checked.push(await checkFile(file, store.blobs, keepsProjectors));
  }
  return checked;
}
