import type { ProjectorType } from '../projector/projector-types.ts';
import type { ProjectorTensor } from '../projector/projector-view.ts';
import type { GgufFile, GgufTensor, GgufValue } from '../types.ts';

/** How Ollama's converter wrote the encoders of one family into the file of the language model. */
export interface OneFileFamily {
  readonly architectures: readonly string[];
  readonly vision?: ProjectorType;
  readonly audio?: ProjectorType;
  /** Values under `clip.` that the file states nowhere. */
  readonly defaults?: Readonly<Record<string, GgufValue>>;
  /** Values under `clip.` that follow from others in the file. */
  readonly derive?: (file: GgufFile) => Readonly<Record<string, GgufValue | undefined>>;
  /** Parts of tensors' names and what mmproj files have instead; of those that match, the first counts at each place. */
  readonly renames: readonly Rename[];
  /** Tensors that differ in more than their name; undefined leaves one to `renames`. */
  readonly rebuild?: (tensor: GgufTensor, file: GgufFile) => readonly ProjectorTensor[] | undefined;
  /** Tensors beside the encoders' own. */
  readonly extra?: (file: GgufFile) => readonly ProjectorTensor[];
  /** Beginnings of the names of the encoders' tensors, if others than usual. */
  readonly prefixes?: readonly string[];
  readonly text?: TextRules;
}

/** What llama.cpp's loader of language models wants otherwise than Ollama's converter wrote it. */
export interface TextRules {
  /** The architecture's name in llama.cpp, which is also the first part of its keys. */
  readonly architecture?: string;
  /** Values that replace those of the file, by their keys in llama.cpp; `prefix` is the architecture's name there. */
  readonly derive?: (file: GgufFile, prefix: string) => Readonly<Record<string, GgufValue | undefined>>;
  readonly renames?: readonly Rename[];
  /** Tensors that differ in more than their name; undefined leaves one to `renames`. */
  readonly rebuild?: (tensor: GgufTensor, file: GgufFile) => readonly ProjectorTensor[] | undefined;
  /** Whether a file without encoders has to be changed as well. */
  readonly isForeign?: (file: GgufFile) => boolean;
  /** Beginnings of the names of further tensors that llama.cpp does not take. */
  readonly drops?: readonly string[];
}

export type Rename = readonly [from: string | RegExp, to: string];

export const usualPrefixes: readonly string[] = ['v.', 'mm.', 'a.'];

/** A tensor's name after all renames, each at its first place. */
export function renamed(name: string, renames: readonly Rename[]): string {
  return renames.reduce((result, [from, to]) => result.replace(from, to), name);
}
