import { messageOf, OllamaError } from '../base/errors.ts';
import { openRegularFile } from '../base/regular-file.ts';
import { type GgufFacts, ggufFacts } from '../gguf/facts.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { GgufFile } from '../gguf/types.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { Layer } from '../store/manifest.ts';
import type { Store } from '../store/store.ts';
import type { AdapterSource } from './conversion/sort-files.ts';
import type { UploadedFile } from './create-plan.ts';
import type { Weights } from './create-quantize.ts';
import type { Model } from './model.ts';
import { usableProjector } from './read-projector.ts';

export interface CheckedFile extends UploadedFile {
  readonly facts: GgufFacts;
}

/**
 * Checks an uploaded GGUF file, because a manifest may only name files that our parser has accepted.
 * @param keepsProjectors whether to accept projectors that the engine cannot use
 * @throws OllamaError `invalid-request`
 */
export async function checkFile(
  file: UploadedFile,
  blobs: BlobStore,
  keepsProjectors: boolean,
): Promise<CheckedFile> {
  await requireBlob(file, blobs);
  const path = await blobs.locate(file.digest);
  if (!file.name.endsWith('.gguf') && !(await hasGgufMagic(path))) {
    throw new OllamaError('invalid-request', `unknown type: ${file.name} is not a GGUF file`);
  }
  const gguf = await parse(file, path);
  refuseUnloadable(file, gguf);
  const facts = ggufFacts(gguf);
  if (facts.kind === 'projector' && !keepsProjectors) refuseUnusable(file, gguf);
  return { ...file, facts };
}

/** @throws OllamaError `invalid-request` */
export async function requireBlob({ name, digest }: UploadedFile, blobs: BlobStore): Promise<void> {
  if ((await blobs.size(digest)) !== undefined) return;
  const message = `files: blob "${digest}" (${name}) not found: upload it first with POST /api/blobs`;
  throw new OllamaError('invalid-request', message);
}

/** Refuses a projector that no request could use. Encoders inside weights are not checked: the model works without them. */
function refuseUnusable({ name }: UploadedFile, file: GgufFile): void {
  try {
    usableProjector(file);
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    throw new OllamaError(error.code, `${name}: ${messageOf(error)}`, { cause: error });
  }
}

async function hasGgufMagic(path: string): Promise<boolean> {
  const file = await openRegularFile(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1') === 'GGUF';
  } finally {
    await file.close();
  }
}

async function parse(file: UploadedFile, path: string): Promise<GgufFile> {
  try {
    return await readGgufFile(path);
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    throw new OllamaError(error.code, `${messageOf(error)} (${file.name})`, { cause: error });
  }
}

/** Refuses well-formed files that the engine cannot load as one model. */
function refuseUnloadable({ name }: UploadedFile, { littleEndian, metadata }: GgufFile): void {
  if (!littleEndian) {
    throw new OllamaError('invalid-request', `${name} is big-endian: convert it to little-endian GGUF first`);
  }
  const shards = metadata.get('split.count')?.value;
  if (shards !== undefined && Number(shards) > 1) {
    const message = `${name} is one of ${String(shards)} shards: merge them first (llama-gguf-split --merge of llama.cpp)`;
    throw new OllamaError('invalid-request', message);
  }
}

/** The model that a new one is made from. */
export interface Base {
  readonly model: Model;
  readonly layers: readonly Layer[];
}

/**
 * Requires exactly one set of weights, and adapters made for their architecture.
 * @throws OllamaError `invalid-request`
 */
export function weightsOf(
  base: Base | undefined,
  files: readonly CheckedFile[],
  adapters: readonly CheckedFile[],
): Weights {
  const stranger = adapters.find(({ facts }) => facts.kind !== 'adapter');
  if (stranger) throw refuse(`adapters: ${stranger.name} is not an adapter but a ${stranger.facts.kind}`);
  const models = files.filter(({ facts }) => facts.kind === 'model');
  const own = base && { digest: base.model.weightsDigest, facts: base.model.facts };
  const [weights, another] = own ? [own, ...models] : models;
  if (!weights) throw refuse('files: no base model was found');
  if (another) throw refuse('files: only one model is supported, in addition to projectors and adapters');
  const misfit = [...files, ...adapters].find(
    ({ facts }) => facts.kind === 'adapter' && facts.architecture !== weights.facts.architecture,
  );
  if (!misfit) return weights;
  const { architecture } = misfit.facts;
  throw refuse(
    `the adapter ${misfit.name} is for "${architecture}" models, not "${weights.facts.architecture}"`,
  );
}

/** The GGUF file that adapters are made for; undefined when there is none, or when it is still to be converted. */
export async function basePathOf(
  base: Base | undefined,
  files: readonly CheckedFile[],
  { blobs }: Pick<Store, 'blobs'>,
): Promise<string | undefined> {
  const weights = base?.model.weightsDigest ?? files.find(({ facts }) => facts.kind === 'model')?.digest;
  return weights && blobs.locate(weights);
}

/** The adapters that are GGUF files. */
export function adapterFiles(adapters: readonly AdapterSource[]): UploadedFile[] {
  return adapters.flatMap((source) => (source.kind === 'file' ? [source.file] : []));
}

/** Adapters in the order of the request, on which the order of their scales depends. */
export function adaptersInOrder(
  sources: readonly AdapterSource[],
  files: readonly CheckedFile[],
  converted: readonly CheckedFile[],
): CheckedFile[] {
  const left = { file: [...files], folder: [...converted] };
  return sources.flatMap(({ kind }) => left[kind].shift() ?? []);
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
