import { messageOf, OllamaError } from '../base/errors.ts';
import { openRegularFile } from '../base/regular-file.ts';
import { type GgufFacts, ggufFacts } from '../gguf/facts.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { GgufFile } from '../gguf/types.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { UploadedFile } from './create-plan.ts';
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
  if ((await blobs.size(file.digest)) === undefined) {
    const message = `files: blob "${file.digest}" (${file.name}) not found: upload it first with POST /api/blobs`;
    throw new OllamaError('invalid-request', message);
  }
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
