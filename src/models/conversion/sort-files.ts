/** Finds the folders among the files of a request: files that become one GGUF file together. */
import type { UploadedFile } from '../create-plan.ts';

/** Files of one folder, with names relative to it. */
export type ImportFolder = readonly UploadedFile[];

export interface SortedFiles {
  /** Files that are used as they are, once they have been checked. */
  readonly gguf: readonly UploadedFile[];
  readonly folder?: ImportFolder;
}

/** Where one adapter comes from: a GGUF file, or a folder that is converted. */
export type AdapterSource =
  | { readonly kind: 'file'; readonly file: UploadedFile }
  | { readonly kind: 'folder'; readonly folder: ImportFolder };

/**
 * The files of one model: with safetensors among them, everything but GGUF files belongs to the folder of the model, because
 * the configuration and the tokenizer lie beside the weights or one level below them.
 */
export function sortModelFiles(files: readonly UploadedFile[]): SortedFiles {
  if (!files.some(isSafetensors)) return { gguf: files };
  const members = files.filter((file) => !isGguf(file));
  return { gguf: files.filter(isGguf), folder: withoutCommonFolder(members) };
}

/** Each folder that contains safetensors is an adapter, and so is every other file. The order is that of their first files. */
export function sortAdapterFiles(files: readonly UploadedFile[]): AdapterSource[] {
  const members = new Map<string, UploadedFile[]>();
  for (const { name } of files.filter(isSafetensors)) members.set(folderOf(name), []);
  const sources: (UploadedFile | UploadedFile[])[] = [];
  for (const file of files) {
    const folder = isGguf(file) ? undefined : members.get(folderOf(file.name));
    if (!folder) sources.push(file);
    else if (folder.push(file) === 1) sources.push(folder);
  }
  return sources.map((source) =>
    Array.isArray(source)
      ? { kind: 'folder', folder: withoutCommonFolder(source) }
      : { kind: 'file', file: source },
  );
}

function isSafetensors({ name }: UploadedFile): boolean {
  return name.endsWith('.safetensors');
}

function isGguf({ name }: UploadedFile): boolean {
  return name.endsWith('.gguf');
}

/** "" = none. */
function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

function withoutCommonFolder(files: readonly UploadedFile[]): ImportFolder {
  // "" or the names of folders, each with its slash.
  let common = files[0]?.name ?? '';
  common = common.slice(0, common.lastIndexOf('/') + 1);
  for (const { name } of files)
    while (!name.startsWith(common)) common = common.slice(0, common.slice(0, -1).lastIndexOf('/') + 1);
  return files.map((file) => ({ ...file, name: file.name.slice(common.length) }));
}
