import { OllamaError } from '../../base/errors.ts';
import { preferenceOf, quantizationLabel } from './quantization-label.ts';
import type { TreeFile } from './tree.ts';

/** The shards of one model in a repository; some may be missing. */
interface ShardSet {
  /** Without the number, "Q8_0/model-Q8_0". */
  readonly path: string;
  readonly count: number;
  readonly files: readonly (TreeFile & { readonly number: number })[];
  /** What to pull it by: its type, or the file's name where that tells none. */
  readonly label: string;
}

/** As llama.cpp's `llama_split_path` names them. */
const shardName = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/;
/** These stand beside models, and are none. */
const sidecar = /mmproj|imatrix/i;
/** How many names a message lists. */
const MAX_NAMES = 20;

/** All models in shards among the files. */
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
 * The set that a tag means: by its type or its file's name; else by what stands between separators in its path; else by
 * any part of it. Letter case does not count. "latest" is the type that is preferred.
 * @returns undefined when none does
 * @throws OllamaError `upstream` when several do
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
  throw new OllamaError(
    'upstream',
    `"${tag}" could be any of ${labelsOf(found)}: name one of them as the tag`,
  );
}

/**
 * The files in order, 1 to N.
 * @throws OllamaError `upstream` naming what is missing or wrong
 */
export function completeShards({ path, count, files }: ShardSet): TreeFile[] {
  const refuse = (message: string) => new OllamaError('upstream', `the shards of ${path} ${message}`);
  const stray = files.find(({ number }) => number < 1 || number > count);
  if (stray) throw refuse(`are numbered wrongly: there is number ${stray.number} of ${count}`);
  const byNumber = new Map(files.map((file) => [file.number, file]));
  if (byNumber.size !== files.length) throw refuse('cannot be told apart: a number is there twice');
  return Array.from({ length: count }, (_, index) => {
    const file = byNumber.get(index + 1);
    if (file) return file;
    throw refuse(`are not all there: number ${index + 1} of ${count} is missing in the repository`);
  });
}

/** What reads pictures or sounds for the model, if the repository has it: like the registry, with 16 bits if possible. */
export function projectorAmong(files: readonly TreeFile[]): TreeFile | undefined {
  const order = ['F16', 'FP16', 'BF16'];
  const rank = ({ path }: TreeFile) => (order.indexOf(quantizationLabel(path) ?? '') + 4) % 4;
  return files
    .filter(({ path }) => /^mmproj/i.test(baseName(path)) && !shardName.test(path))
    .sort((left, right) => rank(left) - rank(right) || (left.path < right.path ? -1 : 1))[0];
}

/** For a message, "Q4_K_M, Q8_0". */
export function labelsOf(sets: readonly ShardSet[]): string {
  const labels = new Set(sets.map(({ label }) => label));
  const names = labels.size === sets.length ? [...labels] : sets.map(({ path }) => path);
  return names.length > MAX_NAMES ? `${names.slice(0, MAX_NAMES).join(', ')} and others` : names.join(', ');
}

type Rule = (set: ShardSet) => boolean;

/** From the strictest on. */
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
