import { expect, it } from 'vitest';
import { repositoryTags } from './repository-tags.ts';

const file = (path: string, size: number) => ({ path, size });

it('names each type of weights once, the smallest first, and no projectors', () => {
  const files = [
    file('fox-Q8_0.gguf', 80),
    file('fox-Q4_K_M.gguf', 40),
    file('mmproj-F16.gguf', 5),
    file('BF16/fox-BF16-00001-of-00002.gguf', 70),
    file('BF16/fox-BF16-00002-of-00002.gguf', 60),
    file('Q2_K/fox-Q2_K-00001-of-00002.gguf', 10),
    file('readme.gguf', 1),
  ];
  expect(repositoryTags(files)).toEqual([
    { tag: 'Q4_K_M', size: 40 },
    { tag: 'Q8_0', size: 80 },
    { tag: 'BF16', size: 130 },
  ]);
});

it('leaves out a type that two models have', () => {
  expect(repositoryTags([file('fox-Q8_0.gguf', 80), file('dog-Q8_0.gguf', 70)])).toEqual([]);
});

it('names nothing of a repository with more files than any real one', () => {
  const files = Array.from({ length: 10_001 }, (_, index) => file(`fox-Q8_${index}.gguf`, index));
  expect(repositoryTags(files)).toEqual([]);
  expect(repositoryTags(files.slice(1))).toHaveLength(64);
});
