import { quantizationLabel } from './quantization-label.ts';
import { shardSets } from './shard-sets.ts';
import type { TreeFile } from './tree.ts';

/** Far more types than a repository offers; the rest would only make the reply long. */
const MAX_TAGS = 64;
/** The largest repositories of GGUF files contain a few hundred. The list of one that has more files says nothing. */
const MAX_FILES = 10_000;
/** Files beside models that are not models themselves, and shards, which are counted in sets. */
const other = /mmproj|imatrix|-\d{5}-of-\d{5}\.gguf$/i;

/** One model of a repository. */
export interface RepositoryTag {
  /** The tag that pulls it: the type of its weights. */
  readonly tag: string;
  /** Bytes of its weights. */
  readonly size: number;
}

/** The types of weights that a repository offers, the smallest first. Two models of one type leave its tag ambiguous: it is left out. */
export function repositoryTags(files: readonly TreeFile[]): RepositoryTag[] {
  if (files.length > MAX_FILES) return [];
  const single = files
    .filter(({ path }) => !other.test(path))
    .flatMap(({ path, size }) => {
      const tag = quantizationLabel(path);
      return tag === undefined ? [] : [{ tag, size }];
    });
  const sharded = shardSets(files)
    .filter(({ count, files: parts }) => parts.length === count)
    .map(({ label, files: parts }) => ({ tag: label, size: parts.reduce((sum, { size }) => sum + size, 0) }));
  const all = [...single, ...sharded];
  const counts = new Map<string, number>();
  for (const { tag } of all) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return all
    .filter(({ tag }) => counts.get(tag) === 1)
    .sort((left, right) => left.size - right.size)
    .slice(0, MAX_TAGS);
}
