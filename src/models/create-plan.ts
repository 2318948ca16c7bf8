import { requestedModel } from '../api/common.ts';
import type { CreateRequest } from '../api/create.ts';
import { OllamaError } from '../base/errors.ts';
import { rendererNamed, rendererNames } from '../chat/families/families.ts';
import { type Digest, parseDigest } from '../names/digest.ts';
import { FileUrl } from '../names/file-url.ts';
import { ModelName } from '../names/model-name.ts';
import { parseTargetType, type TargetType } from '../quantize/target-type.ts';
import {
  type AdapterSource,
  type ImportFolder,
  sortAdapterFiles,
  sortModelFiles,
} from './conversion/sort-files.ts';

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
  /** GGUF files. */
  readonly files: readonly UploadedFile[];
  /** The folder of a safetensors model. */
  readonly folder?: ImportFolder;
  /** In the order in which they apply. */
  readonly adapters: readonly AdapterSource[];
  /** The model that drafts for this one: a GGUF file, or the folder of a safetensors model. */
  readonly draft?: UploadedFile;
  readonly draftFolder?: ImportFolder;
  /** Type to quantize the weights to. */
  readonly quantize?: TargetType;
  /** Type to quantize the weights of the draft model to. */
  readonly draftQuantize?: TargetType;
  /** Whether weights that are quantized already may be converted again. */
  readonly requantize?: boolean;
}

/** Maximum length of a path on Linux (PATH_MAX). */
const MAX_NAME_LENGTH = 4096;
/** Each adapter costs time in every layer; real models have one or two. */
const MAX_ADAPTERS = 16;

/**
 * Checks a request in the same order as Ollama. Paths named by a client are never looked up on disk.
 * @param autoType the type that `auto` stands for
 * @throws OllamaError `invalid-request`
 */
export function planCreate(request: CreateRequest, autoType?: string): CreatePlan {
  const given = uploadedFiles(request.files);
  const drafts = uploadedFiles(request.draft_files);
  if (request.draft_quantize && drafts.length === 0) {
    throw refuse('--draft-quantize requires a DRAFT model');
  }
  const adapters = sortAdapterFiles(uploadedFiles(request.adapters));
  const name = ModelName.parse(requestedModel(request));
  refuseUnsupported(request);
  for (const files of [given, drafts, uploadedFiles(request.adapters)]) refusePickles(files);
  if (adapters.length > MAX_ADAPTERS)
    throw refuse(`adapters: at most ${MAX_ADAPTERS} are allowed, got ${adapters.length}`);
  const { gguf: files, folder } = sortModelFiles(given);
  const plan = {
    ...{ name, files, adapters },
    ...(folder && { folder }),
    ...draftSource(drafts),
    ...targetTypes(request, autoType),
  };
  if (request.from) {
    if (folder) throw refuse('files: only one model is supported: leave out "from", or the safetensors');
    const fromUrl = FileUrl.parse(request.from);
    const from = fromUrl?.name ?? ModelName.parse(request.from);
    return { ...plan, from, ...(fromUrl && { fromUrl }) };
  }
  if (!request.files) throw refuse("neither 'from' or 'files' was specified");
  if (given.length === 0) throw refuse('no files provided to convert');
  return plan;
}

/** Names of files that PyTorch saves. */
const pickleName = /\.(?:pth|pt|ckpt)$|(?:^|\/)(?:pytorch_model|adapter_model)[^/]*\.bin$/;

/** Beside safetensors, they are ignored. */
function refusePickles(files: readonly UploadedFile[]): void {
  const pickle = files.find(({ name }) => pickleName.test(name));
  if (!pickle || files.some(({ name }) => name.endsWith('.safetensors'))) return;
  throw refuse(
    `${pickle.name} is a pickle, which can run code: save it as safetensors, ` +
      'with model.save_pretrained(folder) of transformers',
  );
}

function targetTypes(
  request: CreateRequest,
  autoType: string | undefined,
): Pick<CreatePlan, 'quantize' | 'draftQuantize' | 'requantize'> {
  const asked = request.quantize || request.quantization;
  const wanted = asksForAuto(request) ? (autoType ?? asked) : asked;
  const { draft_quantize: draftType } = request;
  return {
    ...(wanted && { quantize: parseTargetType(wanted) }),
    ...(draftType && { draftQuantize: parseTargetType(draftType) }),
    ...(request.requantize && { requantize: true }),
  };
}

/** Whether the server is to choose the type of the weights. */
export function asksForAuto({ quantize, quantization }: CreateRequest): boolean {
  return (quantize || quantization)?.toLowerCase() === 'auto';
}

function uploadedFiles(files: Readonly<Record<string, string>> | undefined): UploadedFile[] {
  return Object.entries(files ?? {}).map(([name, digest]) => {
    if (name.length > MAX_NAME_LENGTH)
      throw refuse(`files: the name of a file is longer than ${MAX_NAME_LENGTH} characters`);
    if (!isRelativePath(name)) throw refuse('file path must be relative');
    return { name, digest: parseDigest(digest) };
  });
}

/** Like Go's `fs.ValidPath`: elements separated by slashes, none of them empty, "." or "..". */
function isRelativePath(path: string): boolean {
  return path.split('/').every((element) => !['', '.', '..'].includes(element));
}

function draftSource(drafts: readonly UploadedFile[]): Pick<CreatePlan, 'draft' | 'draftFolder'> {
  const { gguf, folder: draftFolder } = sortModelFiles(drafts);
  const [draft, another] = gguf;
  if (another ?? (draft && draftFolder)) throw refuse('draft_files: only one draft model is supported');
  return { ...(draft && { draft }), ...(draftFolder && { draftFolder }) };
}

/** Refuses what this version does not support, with an alternative for each. */
function refuseUnsupported(request: CreateRequest): void {
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
