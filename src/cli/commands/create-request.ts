/** Turns a Modelfile into the request that creates the model, and finds the local files that it names. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CreateRequest } from '../../api/create.ts';
import { OllamaError, systemCode } from '../../base/errors.ts';
import { homeFolder } from '../../config/environment.ts';
import type { ModelfileContents } from '../../modelfile/contents.ts';
import { fileKeys } from './create-file-keys.ts';
import { type FolderInstruction, folderFiles } from './create-folder.ts';
import { isPath, isUrl, resolvePath } from './local-path.ts';

export interface LocalFile {
  /** Name in progress lines: relative to the folder that the Modelfile names, or the file's own name. */
  readonly name: string;
  readonly path: string;
}

export interface PlannedCreate {
  /** A model's name or a URL, if FROM is not a local path. */
  readonly from: string | undefined;
  readonly files: readonly LocalFile[];
  readonly adapters: readonly LocalFile[];
  readonly drafts: readonly LocalFile[];
}

/**
 * Finds the local files that a Modelfile names.
 * @param folder the Modelfile's folder, against which relative paths are resolved
 * @throws OllamaError for a path that does not exist or cannot be used, or a draft that is the model itself
 */
export async function planFiles(contents: ModelfileContents, folder: string): Promise<PlannedCreate> {
  const files: LocalFile[] = [];
  let from: string | undefined;
  for (const source of contents.from) {
    const found = isUrl(source) ? undefined : await localFiles('FROM', source, folder);
    if (found) {
      refuseSecondFolder(files, found, source);
      files.push(...found);
    } else if (isPath(source)) throw new OllamaError('invalid-request', `no such file for FROM: ${source}`);
    else from = source;
  }
  const adapters = await requiredFiles('ADAPTER', contents.adapters, folder);
  const drafts = await requiredFiles('DRAFT', contents.drafts, folder);
  await refuseSameFile(files, drafts);
  // A Modelfile may name each shard of a split model, or only one.
  const once = files.filter(
    ({ path }, index) => files.findIndex((other) => other.path === path) === index || !shardName.test(path),
  );
  return { from, files: once, adapters, drafts };
}

/** The server would take the files of both folders for those of one. */
function refuseSecondFolder(files: readonly LocalFile[], found: readonly LocalFile[], source: string): void {
  if (!files.some(isSafetensors) || !found.some(isSafetensors)) return;
  throw new OllamaError(
    'invalid-request',
    `FROM ${source} is a second folder of safetensors: name only one model`,
  );
}

function isSafetensors({ path }: LocalFile): boolean {
  return path.endsWith('.safetensors');
}

/** llama.cpp's naming of the files of a split model. */
const shardName = /^(.*-)\d{5}(-of-\d{5}\.gguf)$/;

/** The file, or all shards of its model that are in its folder. */
async function withOtherShards(path: string): Promise<LocalFile[]> {
  const [, start, end] = shardName.exec(basename(path)) ?? [];
  if (start === undefined || end === undefined) return [{ name: basename(path), path }];
  const folder = dirname(path);
  const names = (await readdir(folder)).filter((name) => {
    const [, otherStart, otherEnd] = shardName.exec(name) ?? [];
    return otherStart === start && otherEnd === end;
  });
  return names.sort().map((name) => ({ name, path: join(folder, name) }));
}

async function requiredFiles(
  instruction: FolderInstruction,
  sources: readonly string[],
  folder: string,
): Promise<LocalFile[]> {
  const files: LocalFile[] = [];
  for (const source of sources) {
    const found = await localFiles(instruction, source, folder);
    if (!found) throw new OllamaError('invalid-request', `no such file for ${instruction}: ${source}`);
    files.push(...found);
  }
  return files;
}

async function refuseSameFile(files: readonly LocalFile[], drafts: readonly LocalFile[]): Promise<void> {
  const models = new Set(await Promise.all(files.map(({ path }) => realpath(path))));
  for (const { path } of drafts) {
    if (!models.has(await realpath(path))) continue;
    const message = `DRAFT must not reference the same local path as FROM: ${path}`;
    throw new OllamaError('invalid-request', message);
  }
}

/** The files at a path; undefined if nothing exists there. */
async function localFiles(
  instruction: FolderInstruction,
  source: string,
  folder: string,
): Promise<LocalFile[] | undefined> {
  if (isUrl(source)) return undefined;
  const path = resolvePath(source, { folder, home: homeFolder(process.env) });
  const facts = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!facts) return undefined;
  if (facts.isFile()) {
    if (path.endsWith('.safetensors'))
      throw new OllamaError('invalid-request', folderAdvice(instruction, source));
    return withOtherShards(path);
  }
  if (!facts.isDirectory())
    throw new OllamaError('invalid-request', `${source} is neither a file nor a folder`);
  return folderFiles(path, source, instruction);
}

/** A file of safetensors cannot be read without the configuration beside it. */
function folderAdvice(instruction: FolderInstruction, source: string): string {
  return `${source} is only a part of a folder: name the folder, ${instruction} ${dirname(source)}`;
}

type Digests = ReadonlyMap<LocalFile, string>;

function digestsByKey(files: readonly LocalFile[], digests: Digests): Record<string, string> {
  const keys = fileKeys(files.map(({ path }) => path));
  return Object.fromEntries(files.map((file, index) => [keys[index] ?? file.name, digests.get(file) ?? '']));
}

export interface Quantization {
  /** Type of the weights, such as "Q4_K_M". */
  readonly quantize?: string | undefined;
  readonly draftQuantize?: string | undefined;
  readonly requantize?: boolean | undefined;
}

export function createRequest(
  model: string,
  contents: ModelfileContents,
  { from, files, adapters, drafts }: PlannedCreate,
  digests: Digests,
  { quantize, draftQuantize, requantize }: Quantization = {},
): CreateRequest {
  const { template, system, renderer, parser, requires, licenses, parameters, messages } = contents;
  return {
    model,
    ...(from !== undefined && { from }),
    ...(files.length > 0 && { files: digestsByKey(files, digests) }),
    ...(adapters.length > 0 && { adapters: digestsByKey(adapters, digests) }),
    ...(drafts.length > 0 && { draft_files: digestsByKey(drafts, digests) }),
    ...(quantize && { quantize: quantize.toUpperCase() }),
    ...(requantize && { requantize }),
    ...(draftQuantize && { draft_quantize: draftQuantize.toUpperCase() }),
    ...(template !== undefined && { template }),
    ...(system !== undefined && { system }),
    ...(renderer !== undefined && { renderer }),
    ...(parser !== undefined && { parser }),
    ...(requires !== undefined && { requires }),
    ...(licenses.length > 0 && { license: [...licenses] }),
    ...(Object.keys(parameters).length > 0 && { parameters: { ...parameters } }),
    ...(messages.length > 0 && { messages: messages.map((message) => ({ ...message })) }),
  };
}
