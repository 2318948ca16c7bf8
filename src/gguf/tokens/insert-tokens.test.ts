import { describe, expect, it } from 'vitest';
import { memorySource } from '../byte-source.ts';
import { parseGguf } from '../parse.ts';
import type { GgufValue } from '../types.ts';
import { encodeGguf, listOf } from '../writer.ts';

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const hasMarks = async (metadata: Record<string, GgufValue>) =>
  (await parseGguf(memorySource(encodeGguf({ metadata, tensors: [] })))).hasInsertTokens;
const vocabulary = (...tokens: string[]) => ({ 'tokenizer.ggml.tokens': listOf('string', tokens) });
const filler = Array.from({ length: 5000 }, (_, index) => `token ${index}`);

describe('tokens for filling in the middle', () => {
  it.each([
    ['Qwen', ['<|fim_prefix|>', '<|fim_middle|>', '<|fim_suffix|>']],
    ['StarCoder', ['<fim_prefix>', '<fim_middle>', '<fim_suffix>']],
    ['DeepSeek', ['<｜fim▁begin｜>', '<｜fim▁hole｜>', '<｜fim▁end｜>']],
    ['Code Llama', ['▁<PRE>', '▁<SUF>', '▁<MID>']],
  ])('are recognised by their texts: %s', async (_, marks) => {
    expect(await hasMarks(vocabulary('a', ...marks))).toBe(true);
    expect(await hasMarks(vocabulary(...filler, ...marks, 'b'))).toBe(true);
    expect(await hasMarks(vocabulary(...filler, ...marks.slice(1)))).toBe(false);
  });

  it('are named by the metadata, with the newer or the older keys', async () => {
    const key = (name: string) => `tokenizer.ggml.${name}_token_id`;
    const newer = { [key('fim_pre')]: u32(0), [key('fim_suf')]: u32(1), [key('fim_mid')]: u32(2) };
    expect(await hasMarks(newer)).toBe(true);
    expect(
      await hasMarks({ [key('prefix')]: u32(0), [key('suffix')]: u32(1), [key('middle')]: u32(2) }),
    ).toBe(true);
    const { [key('fim_mid')]: _, ...two } = newer;
    expect(await hasMarks(two)).toBe(false);
    expect(await hasMarks({ ...two, ...vocabulary('<MID>') })).toBe(true);
  });

  it('do not exist without a vocabulary', async () => {
    expect(await hasMarks({})).toBe(false);
    expect(await hasMarks({ 'tokenizer.ggml.tokens': listOf('u32', [1, 2]) })).toBe(false);
  });
});
