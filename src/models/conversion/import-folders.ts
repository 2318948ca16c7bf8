/** Turns the safetensors folders of a create request into GGUF blobs. */
import type { ProgressResponse } from '../../api/common.ts';
import { type ModelOptions, parseOptions } from '../../api/options/options.ts';
import type { ImportedPart } from '../../api/show.ts';
import { isCancellation, OllamaError } from '../../base/errors.ts';
import { programVersion } from '../../base/version.ts';
import type { ConvertReport, OutputType } from '../../convert/plan/convert-plan.ts';
import type { Digest } from '../../names/digest.ts';
import type { TargetType } from '../../quantize/target-type.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { Store } from '../../store/store.ts';
import { type CheckedFile, checkFile } from '../create-files.ts';
import type { CreatePlan, UploadedFile } from '../create-plan.ts';
import type { LayerBuilder } from '../layer-builder.ts';
import type { Conversion, ConversionFolder, Converter, FolderKind } from './converter.ts';
import type { ImportFolder } from './sort-files.ts';
import { requireUnchanged, sourceFiles } from './source-files.ts';

export interface ImportSurroundings {
  readonly layers: LayerBuilder;
  /** The weights that adapters are made for, unless the request has a folder of weights. */
  readonly basePath: string | undefined;
  readonly options: {
    readonly store: Pick<Store, 'blobs'>;
    readonly converter?: Pick<Converter, 'convert'>;
    readonly signal?: AbortSignal;
    readonly owner?: string | undefined;
  };
}

export interface ImportedFiles {
  readonly model?: CheckedFile;
  readonly adapters: readonly CheckedFile[];
  readonly draft?: CheckedFile;
  /** What the model remembers of where its parts come from. */
  readonly parts: readonly ImportedPart[];
  /** Parameters that the folder of the weights suggests. */
  readonly parameters: ModelOptions;
  /** Blobs that only exist in order to be quantized. */
  readonly intermediates: readonly Digest[];
}

/** The types that are written while a folder is converted; all others need the quantizer. */
const onePassTypes: readonly string[] = ['F32', 'F16', 'BF16', 'Q8_0'] satisfies OutputType[];

/** Reports of real folders have a few entries. */
const MAX_KEPT_LINES = 100;

/** Whether the type is written while the folder is converted, so that the quantizer has nothing to do. */
export function isOnePass(target: TargetType | undefined): boolean {
  return target !== undefined && onePassTypes.includes(target.name);
}

/**
 * @throws OllamaError `invalid-request` when folders and other weights do not go together, and the errors of the converter
 */
export async function* importFolders(
  plan: CreatePlan,
  surroundings: ImportSurroundings,
): AsyncGenerator<ProgressResponse, ImportedFiles> {
  const { basePath, options } = surroundings;
  const { converter, signal, owner } = options;
  const { blobs } = options.store;
  const folders: ConversionFolder[] = [];
  const wanted: Wanted[] = [
    ['model', plan.folder, plan.quantize],
    ...adapterFolders(plan).map((folder): Wanted => ['adapter', folder, undefined]),
    ['draft', plan.draftFolder, plan.draftQuantize],
  ];
  for (const [kind, folder, target] of wanted) {
    if (folder) folders.push({ kind, files: await sourceFiles(folder, blobs), ...typesFor(target) });
  }
  if (folders.length === 0) return { adapters: [], parts: [], parameters: {}, intermediates: [] };
  if (plan.folder && basePath !== undefined)
    throw refuse('files: only one model is supported, in addition to projectors and adapters');
  if (!plan.folder && basePath === undefined) throw refuse('files: no base model was found');
  if (!converter) throw refuse('files: no converter is available: convert the model to GGUF first');
  const order = { folders, blobs, owner, ...(basePath !== undefined && { basePath }) };
  const converted = yield* convertUnchanged(
    convertedFiles(plan),
    surroundings,
    converter.convert(order, signal),
  );
  const model = converted.find(({ kind }) => kind === 'model');
  const parameters = usableParameters(model?.report.parameters ?? {});
  for (const name of parameters.unusable)
    yield { status: `warning: the ${name} of generation_config.json is not used: its value is out of range` };
  return { ...(await describe(converted, folders, blobs)), parameters: parameters.usable };
}

/** Passes a conversion on, and refuses its result when a source is no longer what it was. */
async function* convertUnchanged(
  sources: readonly UploadedFile[],
  { layers, options }: ImportSurroundings,
  conversion: AsyncGenerator<ProgressResponse, Conversion[]>,
): AsyncGenerator<ProgressResponse, Conversion[]> {
  const { blobs } = options.store;
  let converted: Conversion[];
  try {
    converted = yield* conversion;
  } catch (error) {
    // A better reason than what the processes noticed of the change.
    if (!isCancellation(error)) await requireUnchanged(sources, blobs);
    throw error;
  }
  for (const { digest, existed } of converted) if (!existed) layers.claim(digest);
  await requireUnchanged(sources, blobs);
  return converted;
}

type Wanted = [FolderKind, ImportFolder | undefined, TargetType | undefined];

function adapterFolders({ adapters }: CreatePlan): ImportFolder[] {
  return adapters.flatMap((source) => (source.kind === 'folder' ? [source.folder] : []));
}

/** Digests of everything that is converted: no longer needed once the model exists. */
export function convertedDigests(plan: CreatePlan): Digest[] {
  return convertedFiles(plan).map(({ digest }) => digest);
}

function convertedFiles(plan: CreatePlan): UploadedFile[] {
  return [...(plan.folder ?? []), ...adapterFolders(plan).flat(), ...(plan.draftFolder ?? [])];
}

/** The plan with the converted draft model, if there is one: it needs the quantizer only for types of more than one pass. */
export function withImportedDraft(plan: CreatePlan, { draft }: ImportedFiles): CreatePlan {
  if (!draft) return plan;
  const { draftQuantize, ...others } = plan;
  return { ...others, draft, ...(draftQuantize && !isOnePass(draftQuantize) && { draftQuantize }) };
}

/** A type with blocks other than Q8_0's is reached through the floats of the source. */
function typesFor(target: TargetType | undefined): Pick<ConversionFolder, 'type' | 'target'> {
  if (!target) return { type: 'auto' };
  return isOnePass(target) ? { type: target.name as OutputType } : { type: 'auto', target };
}

async function describe(
  converted: readonly Conversion[],
  folders: readonly ConversionFolder[],
  blobs: BlobStore,
): Promise<Omit<ImportedFiles, 'parameters'>> {
  const parts: ImportedPart[] = [];
  const files: { readonly kind: FolderKind; readonly file: CheckedFile }[] = [];
  for (const { kind, digest, report, warnings } of converted) {
    const file = await checkFile({ name: `${kind}.gguf`, digest }, blobs, true);
    files.push({ kind, file });
    parts.push({
      ...partOf(kind, report, file.facts.fileType),
      ...(warnings.length > 0 && { warnings: warnings.slice(0, MAX_KEPT_LINES) }),
    });
  }
  const of = (kind: FolderKind) => files.filter((one) => one.kind === kind).map(({ file }) => file);
  const [model] = of('model');
  const [draft] = of('draft');
  return {
    ...(model && { model }),
    ...(draft && { draft }),
    adapters: of('adapter'),
    parts,
    intermediates: converted
      .filter(({ existed }, index) => folders[index]?.target && !existed)
      .map(({ digest }) => digest),
  };
}

function partOf(part: FolderKind, { source, dropped }: ConvertReport, type: string): ImportedPart {
  return { part, source, type, converter: programVersion(), dropped: dropped.slice(0, MAX_KEPT_LINES) };
}

function usableParameters(suggested: ConvertReport['parameters']): {
  usable: ModelOptions;
  unusable: string[];
} {
  const unusable: string[] = [];
  let usable: ModelOptions = {};
  for (const [name, value] of Object.entries(suggested)) {
    try {
      usable = { ...usable, ...parseOptions({ [name]: value }) };
    } catch {
      unusable.push(name);
    }
  }
  return { usable, unusable };
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
