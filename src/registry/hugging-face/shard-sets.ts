import { OllamaError } from '../../base/errors.ts';
import { preferenceOf, quantizationLabel } from './quantization-label.ts';
import type { TreeFile } from './tree.ts';

/** The shards of one model in a repository; some may be missing. */
interface ShardSet {
  /** Path without the number, for example "Q8_0/model-Q8_0". */
  readonly path: string;
  readonly count: number;
  readonly files: readonly (TreeFile & { readonly number: number })[];
  /** Tag for pulling the set: its type, or the file name if that contains no type. */
  readonly label: string;
}

/** Names as llama.cpp's `llama_split_path` writes them. */
const shardName = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/;
/** Files beside models that are not models themselves. */
const sidecar = /mmproj|imatrix/i;
/** Maximum number of names in a message. */
const MAX_NAMES = 20;

/** Finds all sharded models among the files. */
export function shardSets(files: readonly TreeFile[]): ShardSet[] {
  const groups = new Map<string, ShardSet & { files: (TreeFile & { number: number })[] }>();
  for (const file of files) {
    const [, path, number, count] = shardName.exec(file.path) ?? [];
    if (path === undefined || sidecar.test(baseName(path))) continue;
    const key = `${path} ${count}`;
    const label = quantizationLabel(path) ?? baseName(path);
    const group = groups.get(key) ?? { path, count: Number(count), files: [], label };
    group.files.push({ ...file, number: Number(number) });
    groups.set(key, group);
  }
  return [...groups.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
}

/**
 * Chooses the set that a tag means: by its type or file name; otherwise by a part of its path between separators;
 * otherwise by any substring of its path. Letter case does not matter. "latest" means the preferred type.
 * @returns undefined when no set matches
 * @throws OllamaError `upstream` when several sets match
 */
export function chooseShardSet(sets: readonly ShardSet[], tag: string): ShardSet | undefined {
  const isAny = tag.toLowerCase() === 'latest';
  const found = isAny
    ? preferred(sets)
    : (rules(tag)
        .map((rule) => sets.filter(rule))
        .find(isSome) ?? []);
  const [first, another] = found;
  if (!another) return first;
  throw new OllamaError('upstream', `"${tag}" is ambiguous: use one of these tags: ${labelsOf(found)}`);
}

/**
 * Returns the files in order, 1 to N.
 * @throws OllamaError `upstream` naming what is missing or wrong
 */
export function completeShards({ path, count, files }: ShardSet): TreeFile[] {
  const refuse = (message: string) => new OllamaError('upstream', `the shards of ${path} ${message}`);
  const stray = files.find(({ number }) => number < 1 || number > count);
  if (stray) throw refuse(`have invalid numbers: one is number ${stray.number} of ${count}`);
  const byNumber = new Map(files.map((file) => [file.number, file]));
  if (byNumber.size !== files.length) throw refuse('are ambiguous: two files have the same number');
  return Array.from({ length: count }, (_, index) => {
    const file = byNumber.get(index + 1);
    if (file) return file;
    throw refuse(`are incomplete: number ${index + 1} of ${count} is missing from the repository`);
  });
}

/** Finds the file that reads images or audio for the model, if any: like the registry, with 16 bits if possible. */
export function projectorAmong(files: readonly TreeFile[]): TreeFile | undefined {
  const order = ['F16', 'FP16', 'BF16'];
  const rank = ({ path }: TreeFile) => (order.indexOf(quantizationLabel(path) ?? '') + 4) % 4;
  return files
    .filter(({ path }) => /^mmproj/i.test(baseName(path)) && !shardName.test(path))
    .sort((left, right) => rank(left) - rank(right) || (left.path < right.path ? -1 : 1))[0];
}

/** Formats labels for a message, for example "Q4_K_M, Q8_0". */
export function labelsOf(sets: readonly ShardSet[]): string {
  const labels = new Set(sets.map(({ label }) => label));
  const names = labels.size === sets.length ? [...labels] : sets.map(({ path }) => path);
  return names.length > MAX_NAMES ? `${names.slice(0, MAX_NAMES).join(', ')} and others` : names.join(', ');
}

type Rule = (set: ShardSet) => boolean;

/** Rules in order, the strictest first. */
function rules(tag: string): Rule[] {
  const wanted = tag.toLowerCase();
  const name = wanted.replace(/(?:-\d{5}-of-\d{5})?\.gguf$/, '');
  const between = new RegExp(`(?<![a-z0-9_])${wanted.replace(/[.-]/g, '\\$&')}(?![a-z0-9_])`);
  return [
    ({ label, path }) => [label, baseName(path)].map((text) => text.toLowerCase()).includes(name),
    ({ path }) => between.test(path.toLowerCase()),
    ({ path }) => path.toLowerCase().includes(wanted),
  ];
}

function preferred(sets: readonly ShardSet[]): ShardSet[] {
  const best = Math.min(...sets.map(({ label }) => preferenceOf(label)));
  const candidates = sets.filter(({ label }) => preferenceOf(label) === best);
  return candidates.filter(({ label }) => label === candidates[0]?.label);
}

function isSome(sets: readonly ShardSet[]): boolean {
  return sets.length > 0;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
