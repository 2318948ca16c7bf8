import { requestedModel } from '../api/common.ts';
import type { CreateRequest } from '../api/create.ts';
import { OllamaError } from '../base/errors.ts';
import { rendererNamed, rendererNames } from '../chat/families/families.ts';
import { ChatFormats } from '../chat/format/chat-formats.ts';
import { type Digest, parseDigest } from '../names/digest.ts';
import { FileUrl } from '../names/file-url.ts';
import { ModelName } from '../names/model-name.ts';
import { parseTargetType, type TargetType } from '../quantize/target-type.ts';

/** A file of the client: its name, and the digest under which it was uploaded. */
export interface UploadedFile {
  readonly name: string;
  readonly digest: Digest;
}

/** A create request whose form is right; nothing was looked up yet. */
export interface CreatePlan {
  readonly name: ModelName;
  readonly from?: ModelName;
  /** Where the base model's file is, when `from` was a URL. */
  readonly fromUrl?: FileUrl;
  readonly files: readonly UploadedFile[];
  readonly adapters: readonly UploadedFile[];
  /** What the weights are to be quantized to. */
  readonly quantize?: TargetType;
}

/** Each one costs time in every layer; models in use have one or two. */
const MAX_ADAPTERS = 16;

/**
 * Checks a request in the order in which Ollama does. No path a client names is ever looked up on disk.
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
    throw refuse(`adapters: ${MAX_ADAPTERS} at most, got ${adapters.length}`);
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

/** As Go's `fs.ValidPath`: slashes between elements, none of them empty or made of dots. */
function isRelativePath(path: string): boolean {
  return path.split('/').every((element) => !['', '.', '..'].includes(element));
}

/** What this version does not do, each with what to do instead. */
function refuseUnsupported(
  request: CreateRequest,
  files: readonly UploadedFile[],
  drafts: readonly UploadedFile[],
): void {
  if (files.some(({ name }) => name.endsWith('.safetensors'))) {
    throw refuse(
      'files: safetensors models cannot be imported: convert the model to GGUF first ' +
        '(convert_hf_to_gguf.py of llama.cpp), then create from the .gguf file',
    );
  }
  if (drafts.length > 0) throw refuse('draft_files: draft models cannot be used: leave out DRAFT');
  if (request.remote_host) throw refuse('remote_host: remote models cannot be used: leave it out');
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}

/**
 * What can be said of a model's chat format before there is a model.
 * @throws OllamaError `invalid-request`: a broken template with line and column, a renderer that does not exist
 */
export function checkFormat({ template, renderer }: CreateRequest): void {
  if (template) new ChatFormats().check(template);
  if (!renderer || rendererNamed(renderer)) return;
  const known = [...rendererNames].sort().join(', ');
  throw new OllamaError('invalid-request', `unknown renderer "${renderer}": use one of ${known}`);
}
