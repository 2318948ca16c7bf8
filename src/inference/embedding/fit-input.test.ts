import { describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../../test/fakes/runners/script-runner.ts';
import { contentLimit, cutContent, embeddingLimit, InputTokenizer } from './fit-input.ts';

const markers = { bos: 1, eos: 2 };

describe('the input limit', () => {
  it('is the training context of the model, or num_ctx if that is less', () => {
    expect(embeddingLimit(512, 2048)).toEqual({ contextLength: 512 });
    expect(embeddingLimit(512, 100)).toEqual({ contextLength: 100 });
    expect(embeddingLimit(512, 0)).toEqual({ contextLength: 4, isFixed: true });
    expect(embeddingLimit(0, 2048)).toEqual({ contextLength: 2048 });
  });

  it('leaves room for missing start and end tokens', () => {
    const both = { addsBos: true, addsEos: true, isNormalized: true };
    expect(contentLimit(10, [5, 6], markers, both)).toBe(8);
    expect(contentLimit(10, [1, 6], markers, both)).toBe(9);
    expect(contentLimit(10, [1, 2], markers, both)).toBe(10);
    expect(contentLimit(10, [], markers, both)).toBe(8);
    expect(contentLimit(10, [5, 6], markers, { ...both, addsBos: false })).toBe(9);
    expect(contentLimit(10, [5, 6], markers, { ...both, addsBos: false, addsEos: false })).toBe(10);
  });
});

describe('cutContent', () => {
  it('keeps the special tokens around the content', () => {
    expect(cutContent([1, 5, 6, 7, 2], [5, 6, 7], 2)).toEqual([1, 5, 6, 2]);
    expect(cutContent([5, 6, 7, 2], [5, 6, 7], 1)).toEqual([5, 2]);
    expect(cutContent([1, 5, 6], [5, 6], 1)).toEqual([1, 5]);
    expect(cutContent([5, 6], [5, 6], 1)).toEqual([5]);
  });

  it('is not confused by content that looks like special tokens', () => {
    expect(cutContent([1, 1, 5, 2, 2], [1, 5, 2], 1)).toEqual([1, 1, 2]);
    expect(cutContent([1, 1, 1], [1, 1], 1)).toEqual([1, 1]);
  });
});

describe('InputTokenizer', () => {
  const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ');
  const tokenizer = (
    contextLength: number,
    options: { truncate?: boolean; maxInputTokens?: number } = {},
  ) => {
    const { truncate = true, maxInputTokens = 100 } = options;
    return new InputTokenizer(
      new ScriptRunner(undefined, { addsBos: true }),
      { pooling: 'mean', length: 2, maxInputTokens, canSplit: false },
      { addsBos: true, addsEos: false, isNormalized: true },
      { contextLength, truncate },
    );
  };
  const lengthOf = async (...[text, ...rest]: [string, ...Parameters<typeof tokenizer>]) =>
    (await tokenizer(...rest).tokenize(text, 0)).length;

  it('keeps input that fits, up to the last token', async () => {
    expect(await lengthOf(words(5), 10)).toBe(6);
    expect(await lengthOf(words(9), 10, { truncate: false })).toBe(10);
    expect(await lengthOf(words(10), 10)).toBe(10);
    await expect(lengthOf(words(10), 10, { truncate: false })).rejects.toThrow(
      'the input length exceeds the context length',
    );
  });

  it('respects the batch size as well', async () => {
    expect(await lengthOf(words(50), 100, { maxInputTokens: 20 })).toBe(20);
    await expect(lengthOf(words(50), 100, { maxInputTokens: 20, truncate: false })).rejects.toMatchObject({
      code: 'prompt-too-long',
      status: 400,
    });
    await expect(lengthOf(words(50), 100, { maxInputTokens: 1 })).rejects.toThrow(
      'input exceeds maximum context length and cannot be truncated further',
    );
  });

  it('refuses a context without room for content', async () => {
    for (const truncate of [true, false]) {
      await expect(lengthOf('word', 1, { truncate })).rejects.toThrow(
        'input after truncation exceeds maximum context length',
      );
    }
  });

  it('does not tokenize text that is far too long', async () => {
    await expect(lengthOf('x'.repeat(30_000), 10, { truncate: false })).rejects.toThrow(
      'exceeds the context',
    );
    expect(await lengthOf('word '.repeat(1e6), 10)).toBe(10);
  });
});
