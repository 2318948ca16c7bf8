import { describe, expect, it } from 'vitest';
import { chooseShardSet, completeShards, projectorAmong, shardSets } from './shard-sets.ts';
import type { TreeFile } from './tree.ts';

const file = (path: string): TreeFile => ({ path, size: 1, digest: `sha256:${'0'.repeat(64)}` });
const shardsOf = (name: string, count = 2): TreeFile[] =>
  Array.from({ length: count }, (_, index) => file(`${name}-0000${index + 1}-of-0000${count}.gguf`));
const sets = (...names: string[]) => shardSets(names.flatMap((name) => shardsOf(name)));
const chosen = (tag: string, ...names: string[]) => chooseShardSet(sets(...names), tag)?.path;

describe('the shards chosen by a tag', () => {
  it.each<[string, string[], string | undefined]>([
    ['q4_k_m', ['m-Q8_0', 'm-Q4_K_M'], 'm-Q4_K_M'],
    ['Q4_K_M', ['Q4_K_M/m-Q4_K_M', 'UD-Q4_K_M/m-UD-Q4_K_M'], 'Q4_K_M/m-Q4_K_M'],
    ['UD-Q4_K_M', ['Q4_K_M/m-Q4_K_M', 'UD-Q4_K_M/m-UD-Q4_K_M'], 'UD-Q4_K_M/m-UD-Q4_K_M'],
    ['BF16', ['BF16/m', 'Q8_0/m'], 'BF16/m'],
    ['Q4_K', ['m-Q4_K_M', 'm-Q8_0'], 'm-Q4_K_M'],
    ['Q2_K', ['m-Q2_K', 'm-Q2_K_L'], 'm-Q2_K'],
    ['IQ3_S-imat', ['m-IQ3_S-imat', 'm-IQ3_S'], 'm-IQ3_S-imat'],
    ['fox-Q8_0', ['fox-Q8_0', 'cat-Q8_0'], 'fox-Q8_0'],
    ['fox-Q8_0-00001-of-00002.gguf', ['fox-Q8_0', 'cat-Q8_0'], 'fox-Q8_0'],
    ['instruct', ['fox-instruct', 'fox-base'], 'fox-instruct'],
    ['mxfp4', ['gpt-mxfp4', 'gpt-F16'], 'gpt-mxfp4'],
    ['Q9', ['m-Q8_0'], undefined],
    // "." is literal.
    ['Q8.0', ['m-Q8_0'], undefined],
  ])('%s of %j: %s', (tag, names, path) => {
    expect(chosen(tag, ...names)).toBe(path);
  });

  it.each<[string[], string]>([
    [['m-Q8_0', 'm-BF16', 'm-Q4_K_M'], 'm-Q4_K_M'],
    [['m-UD-Q4_K_M', 'm-Q4_K_S', 'm-Q8_0'], 'm-UD-Q4_K_M'],
    [['m-Q2_K', 'm-Q5_K_M', 'm-F32'], 'm-Q5_K_M'],
    [['m-F16'], 'm-F16'],
    [['m-beta', 'm-alpha'], 'm-alpha'],
  ])('latest of %j: %s', (names, path) => {
    expect(chosen('latest', ...names)).toBe(path);
  });

  it.each<[string, string[], string]>([
    ['Q4', ['m-Q4_K_M', 'm-Q4_K_S', 'm-Q8_0'], '"Q4" is ambiguous: use one of these tags: Q4_K_M, Q4_K_S'],
    ['Q8_0', ['fox-Q8_0', 'cat-Q8_0'], 'these tags: cat-Q8_0, fox-Q8_0'],
    ['latest', ['fox-Q4_K_M', 'cat-Q4_K_M', 'cat-Q8_0'], 'these tags: cat-Q4_K_M, fox-Q4_K_M'],
  ])('%s of %j is ambiguous', (tag, names, message) => {
    expect(() => chosen(tag, ...names)).toThrow(message);
  });

  it('exclude the files beside them', () => {
    const files = [
      'm-Q8_0.gguf',
      'm-00001-of-2.gguf',
      '-00001-of-00002.gguf',
      'mmproj-F16-00001-of-00002.gguf',
    ];
    expect(shardSets(files.map(file))).toEqual([]);
  });
});

describe('a set of shards', () => {
  const complete = (...paths: string[]) => {
    const [set] = shardSets(paths.map(file));
    return set && completeShards(set).map(({ path }) => path);
  };

  it('is sorted', () => {
    expect(complete('m-00002-of-00002.gguf', 'm-00001-of-00002.gguf')).toEqual([
      'm-00001-of-00002.gguf',
      'm-00002-of-00002.gguf',
    ]);
  });

  it.each([
    [['m-00001-of-00003.gguf', 'm-00003-of-00003.gguf'], 'number 2 of 3 is missing'],
    [['m-00002-of-00002.gguf'], 'number 1 of 2 is missing'],
    [['m-00001-of-99999.gguf'], 'number 2 of 99999 is missing'],
    [['m-00000-of-00001.gguf', 'm-00001-of-00001.gguf'], 'one is number 0 of 1'],
    [['m-00001-of-00001.gguf', 'm-00002-of-00001.gguf'], 'one is number 2 of 1'],
    [['m-00001-of-00000.gguf'], 'one is number 1 of 0'],
    [['m-00001-of-00001.gguf', 'm-00001-of-00001.gguf'], 'two files have the same number'],
  ])('%j is refused', (paths, message) => {
    expect(() => complete(...paths)).toThrow(message);
  });
});

describe('the projector of a repository', () => {
  it.each([
    [['mmproj-Q8_0.gguf', 'mmproj-BF16.gguf', 'mmproj-F16.gguf'], 'mmproj-F16.gguf'],
    [['mmproj-F32.gguf', 'sub/mmproj-model-bf16.gguf'], 'sub/mmproj-model-bf16.gguf'],
    [['mmproj-b.gguf', 'mmproj-a.gguf'], 'mmproj-a.gguf'],
    [['m-Q8_0.gguf'], undefined],
  ])('of %j is %s', (paths, path) => {
    expect(projectorAmong(paths.map(file))?.path).toBe(path);
  });
});
