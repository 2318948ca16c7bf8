import { requestedModel } from '../api/common.ts';
import type { CreateRequest } from '../api/create.ts';
import { OllamaError } from '../base/errors.ts';
import { rendererNamed, rendererNames } from '../chat/families/families.ts';
import { type Digest, parseDigest } from '../names/digest.ts';
import { FileUrl } from '../names/file-url.ts';
import { ModelName } from '../names/model-name.ts';
import { parseTargetType, type TargetType } from '../quantize/target-type.ts';

/** A file that the client uploaded: its name and the digest of its blob. */
export interface UploadedFile {
  readonly name: string;
  readonly digest: Digest;
}

/** A create request of valid form; nothing has been looked up yet. */
export interface CreatePlan {
  readonly name: ModelName;
  readonly from?: ModelName;
  /** URL of the base model's file, when `from` was a URL. */
  readonly fromUrl?: FileUrl;
  readonly files: readonly UploadedFile[];
  readonly adapters: readonly UploadedFile[];
  /** Type to quantize the weights to. */
  readonly quantize?: TargetType;
}

/** Each adapter costs time in every layer; real models have one or two. */
const MAX_ADAPTERS = 16;

/**
 * Checks a request in the same order as Ollama. Paths named by a client are never looked up on disk.
 * @throws OllamaError `invalid-request`
 */
export function planCreate(request: CreateRequest): CreatePlan {
  const files = uploadedFiles(request.files);
  const drafts = uploadedFiles(request.draft_files);
  if (request.draft_quantize && drafts.length === 0) {
    throw refuse('--draft-quantize requires a DRAFT model');
  }
  const adapters = uploadedFiles(request.adapters);
  const name = ModelName.parse(requestedModel(request));
  refuseUnsupported(request, [...files, ...adapters], drafts);
  if (adapters.length > MAX_ADAPTERS)
    throw refuse(`adapters: at most ${MAX_ADAPTERS} are allowed, got ${adapters.length}`);
  const wanted = request.quantize || request.quantization;
  const plan = { name, files, adapters, ...(wanted && { quantize: parseTargetType(wanted) }) };
  if (request.from) {
    const fromUrl = FileUrl.parse(request.from);
    const from = fromUrl?.name ?? ModelName.parse(request.from);
    return { ...plan, from, ...(fromUrl && { fromUrl }) };
  }
  if (!request.files) throw refuse("neither 'from' or 'files' was specified");
  if (files.length === 0) throw refuse('no files provided to convert');
  return plan;
}

function uploadedFiles(files: Readonly<Record<string, string>> | undefined): UploadedFile[] {
  return Object.entries(files ?? {}).map(([name, digest]) => {
    if (!isRelativePath(name)) throw refuse('file path must be relative');
    return { name, digest: parseDigest(digest) };
  });
}

/** Like Go's `fs.ValidPath`: elements separated by slashes, none of them empty, "." or "..". */
function isRelativePath(path: string): boolean {
  return path.split('/').every((element) => !['', '.', '..'].includes(element));
}

/** Refuses what this version does not support, with an alternative for each. */
function refuseUnsupported(
  request: CreateRequest,
  files: readonly UploadedFile[],
  drafts: readonly UploadedFile[],
): void {
  if (files.some(({ name }) => name.endsWith('.safetensors'))) {
    throw refuse(
      'files: safetensors models cannot be imported: convert the model to GGUF first ' +
        '(convert_hf_to_gguf.py from llama.cpp), then create from the .gguf file',
    );
  }
  if (drafts.length > 0) throw refuse('draft_files: draft models are not supported: remove DRAFT');
  if (request.remote_host) throw refuse('remote_host: remote models are not supported: leave it out');
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}

/** @throws OllamaError `invalid-request` for an unknown renderer */
export function checkRenderer({ renderer }: CreateRequest): void {
  if (!renderer || rendererNamed(renderer)) return;
  const known = [...rendererNames].sort().join(', ');
  throw new OllamaError('invalid-request', `unknown renderer "${renderer}": use one of ${known}`);
}
