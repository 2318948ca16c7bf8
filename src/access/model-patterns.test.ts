import { describe, expect, it } from 'vitest';
import { matchesModel } from './model-patterns.ts';

describe('patterns of model names', () => {
  it.each<[string[], string, boolean]>([
    [[], 'anything', true],
    [[], 'not a name!', true],
    [['*'], 'not a name!', false],
    [['*'], 'hf.co/org/model:q4', true],
    [['qwen3'], 'qwen3', true],
    [['qwen3'], 'QWEN3:latest', true],
    [['Qwen3:latest'], 'registry.ollama.ai/library/qwen3', true],
    [['qwen3'], 'qwen3:8b', false],
    [['qwen*'], 'qwen3:8b', true],
    [['qwen*'], 'org/qwen3', false],
    [['*-instruct'], 'smol-instruct', true],
    [['*-instruct'], 'smol-instruct:8b', false],
    [['*:8b'], 'qwen3:8b', true],
    [['org/*'], 'org/qwen3:8b', true],
    [['r*'], 'registry.ollama.ai/library/qwen3', false],
    [['a*b*c:x'], 'a-b-c:x', true],
    [['a*b*c:x'], 'a-c:x', false],
    [['ab*bc'], 'abc', false],
    [['llama', 'qwen*'], 'qwen3', true],
    [['.*'], 'qwen3', false],
  ])('%j and %j: %j', (patterns, model, expected) => {
    expect(matchesModel(patterns, model)).toBe(expected);
  });

  it('take linear time, however many stars they have', () => {
    const pattern = `${'*a'.repeat(200)}b`;
    expect(matchesModel([pattern], 'a'.repeat(80))).toBe(false);
  });
});
