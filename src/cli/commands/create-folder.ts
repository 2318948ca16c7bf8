/** Finds the files of a model or an adapter in a folder. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OllamaError } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import type { LocalFile } from './create-request.ts';
import { isWithin } from './local-path.ts';

/** The instructions of a Modelfile that may name a folder. */
export type FolderInstruction = 'FROM' | 'ADAPTER' | 'DRAFT';

/** Names of weights in a folder of Hugging Face, and of adapters that PEFT and MLX save. */
const modelWeights = /^model.*\.safetensors$/;
const adapterWeights = /^(?:adapter_model.*|adapters)\.safetensors$/;
const ggufName = /\.gguf$/;

/** Weights that cannot be read, and what to do instead. */
const unreadable: readonly { readonly pattern: RegExp; readonly advice: string }[] = [
  {
    pattern: /^consolidated.*\.safetensors$/,
    advice: "is in Mistral's own format: use the files of the same model that are named model*.safetensors",
  },
  {
    pattern: /^(?:pytorch_model|consolidated|adapter_model).*\.(?:bin|pth|pt)$|\.(?:pth|ckpt)$/,
    advice:
      'is a pickle, which can run code: save it as safetensors, with model.save_pretrained(folder) of transformers',
  },
  { pattern: /\.npz$/, advice: 'is not a safetensors file: save the adapter with a newer version of MLX' },
];

/** Folders of tools, and what Hugging Face's programs keep in a downloaded folder. */
const hiddenName = /^\./;
/** Where transformers keeps chat templates beside the main one. */
const TEMPLATES_FOLDER = 'additional_chat_templates';
/** Beginning of the text that stands for a file that Git LFS has not fetched, and the largest size of such a text. */
const LFS_START = 'version https://git-lfs';
const LFS_BYTES = 1024;

/**
 * The files of a folder that belong to a model or an adapter, with names relative to the folder: safetensors with their
 * configuration and tokenizer, or else all GGUF files.
 * @param source the folder as the user wrote it, for messages
 * @throws OllamaError `invalid-request` when there is nothing to use, or a link leads out of the folder
 */
export async function folderFiles(
  path: string,
  source: string,
  instruction: FolderInstruction,
): Promise<LocalFile[]> {
  const names = (await readdir(path)).sort();
  const chosen = await chosenNames(path, names, source, instruction);
  const files = chosen.map((name) => ({ name, path: join(path, ...name.split('/')) }));
  await refuseOutside(files, path, source);
  for (const file of files) await refusePointer(file);
  return files;
}

/** Whether a folder holds weights that `FROM .` would use. */
export async function holdsModel(path: string): Promise<boolean> {
  return (await readdir(path)).some((name) => modelWeights.test(name) || ggufName.test(name));
}

async function chosenNames(
  path: string,
  names: readonly string[],
  source: string,
  instruction: FolderInstruction,
): Promise<string[]> {
  const isAdapter = instruction === 'ADAPTER';
  const weights = names.filter((name) => (isAdapter ? adapterWeights : modelWeights).test(name));
  if (weights.length > 0) {
    const others = isAdapter
      ? names.filter((name) => name === 'adapter_config.json')
      : await settingsOf(path, names);
    return [...weights, ...others];
  }
  const gguf = names.filter((name) => ggufName.test(name));
  return gguf.length > 0 ? gguf : refuseAll(names, source, isAdapter);
}

/** Configuration, tokenizer and chat templates, also one folder deeper, as sentence-transformers keeps them. */
async function settingsOf(path: string, names: readonly string[]): Promise<string[]> {
  const settings = names.filter((name) => isSetting(name));
  for (const name of names) {
    if (hiddenName.test(name) || !(await isFolder(join(path, name)))) continue;
    const below = (await readdir(join(path, name))).sort();
    const wanted = name === TEMPLATES_FOLDER ? /\.jinja$/ : /\.json$/;
    settings.push(...below.filter((inner) => wanted.test(inner)).map((inner) => `${name}/${inner}`));
  }
  return settings;
}

function isSetting(name: string): boolean {
  return name === 'chat_template.jinja' || name === 'tokenizer.model' || name.endsWith('.json');
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function refuseAll(names: readonly string[], source: string, isAdapter: boolean): never {
  const other = names.find((name) => (isAdapter ? modelWeights : adapterWeights).test(name));
  if (other !== undefined) {
    const [kind, instruction] = isAdapter ? ['a model', 'FROM'] : ['an adapter', 'ADAPTER'];
    throw refuse(`${source} contains ${kind} (${other}): name it with ${instruction}`);
  }
  for (const { pattern, advice } of unreadable) {
    const name = names.find((candidate) => pattern.test(candidate));
    if (name !== undefined) throw refuse(`${join(source, name)} ${advice}`);
  }
  const wanted = isAdapter
    ? 'adapter_model.safetensors with its adapter_config.json, or a .gguf file'
    : 'model*.safetensors with their config.json, or a .gguf file';
  throw refuse(`no model files in ${source}: it needs ${wanted}`);
}

/**
 * Refuses links out of the folder, which could make a downloaded folder send other files of the user. In the cache of
 * Hugging Face's programs, each file is a link into the `blobs` folder of the same repository: these are followed.
 */
async function refuseOutside(files: readonly LocalFile[], path: string, source: string): Promise<void> {
  const root = await realpath(path);
  const allowed = [root, ...blobsOfCache(root)];
  for (const { name, path: place } of files) {
    const target = await realpath(place).catch(() => refuseLost(join(source, name)));
    if (allowed.some((folder) => isWithin(target, folder))) continue;
    throw refuse(
      `insecure path: ${join(source, name)} is a link out of its folder: put the file itself there, ` +
        'for example with hf download --local-dir',
    );
  }
}

function refuseLost(name: string): never {
  throw refuse(`${name} is a link to a file that does not exist or cannot be read: download it again`);
}

/** For `models--ORGANIZATION--NAME/snapshots/REVISION`, or a folder in it: the files that its links lead to. */
function blobsOfCache(root: string): string[] {
  for (let folder = root; dirname(folder) !== folder; folder = dirname(folder)) {
    const repository = dirname(dirname(folder));
    if (basename(dirname(folder)) !== 'snapshots' || !basename(repository).startsWith('models--')) continue;
    return [join(repository, 'blobs')];
  }
  return [];
}

async function refusePointer({ name, path }: LocalFile): Promise<void> {
  const file = await openRegularFile(path);
  try {
    if ((await file.stat()).size > LFS_BYTES) return;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LFS_START.length), 0, LFS_START.length, 0);
    if (buffer.toString('latin1', 0, bytesRead) !== LFS_START) return;
  } finally {
    await file.close();
  }
  throw refuse(`${name} is a Git LFS pointer, not the file: run git lfs pull`);
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
