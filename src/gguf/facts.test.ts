import { describe, expect, it } from 'vitest';
import { memorySource } from './byte-source.ts';
import { type GgufFacts, ggufFacts } from './facts.ts';
import { parseGguf } from './parse.ts';
import type { GgufScalar, GgufValue } from './types.ts';
import { encodeGguf, listOf, type TensorContent } from './writer.ts';

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const text = (value: string): GgufValue => ({ type: 'string', value });

async function facts(metadata: Record<string, GgufValue>, tensors: TensorContent[] = []): Promise<GgufFacts> {
  return ggufFacts(await parseGguf(memorySource(encodeGguf({ metadata, tensors }))));
}

const tensor = (name: string, shape: number[], type: number, bytes: number): TensorContent => ({
  name,
  shape,
  type,
  data: new Uint8Array(bytes),
});

const llama: Record<string, GgufValue> = {
  'general.architecture': text('llama'),
  'general.name': text('Fox'),
  'general.file_type': u32(15),
  'llama.context_length': u32(8192),
  'llama.embedding_length': u32(576),
  'llama.block_count': u32(30),
  'llama.attention.head_count': u32(9),
  'llama.attention.head_count_kv': u32(3),
  'tokenizer.chat_template': text('{{ messages }}'),
  'tokenizer.ggml.tokens': listOf('string', ['<unk>', '<s>', '</s>']),
  'tokenizer.ggml.bos_token_id': u32(1),
  'tokenizer.ggml.eos_token_id': u32(2),
};

describe('ggufFacts', () => {
  it('reads a language model', async () => {
    const tensors = [tensor('token_embd.weight', [256, 3], 12, 432), tensor('norm.weight', [256], 0, 1024)];
    expect(await facts(llama, tensors)).toEqual({
      architecture: 'llama',
      name: 'Fox',
      kind: 'model',
      parameterCount: 1024,
      fileType: 'Q4_K_M',
      contextLength: 8192,
      embeddingLength: 576,
      blockCount: 30,
      headCount: 9,
      headCountKv: 3,
      keyLength: 64,
      valueLength: 64,
      vocabularySize: 3,
      chatTemplate: '{{ messages }}',
      bosToken: '<s>',
      eosToken: '</s>',
      hasVision: false,
      weightBytes: 1456,
      layout: expect.objectContaining({ blocks: [], inputBytes: 1456 }),
    });
  });

  it('uses the largest head count where layers differ, and the declared head lengths', async () => {
    const read = await facts({
      ...llama,
      'llama.attention.head_count': listOf('i32', [4, 8, 0]),
      'llama.attention.head_count_kv': listOf('i32', [0, 2, 1]),
      'llama.attention.key_length': u32(128),
      'llama.attention.value_length': u32(96),
    });
    expect(read).toMatchObject({ headCount: 8, headCountKv: 2, keyLength: 128, valueLength: 96 });
  });

  it('contains no NaN or Infinity when counts are 0, missing or of another type (CVE-2024-8063, CVE-2025-0312)', async () => {
    const odd: GgufValue[] = [
      u32(0),
      { type: 'i32', value: -1 },
      { type: 'f32', value: Number.NaN },
      { type: 'f64', value: Number.POSITIVE_INFINITY },
      { type: 'u64', value: 2n ** 64n - 1n },
      text('9'),
      listOf('u32', []),
      listOf('string', ['x']),
    ];
    const keys = Object.keys(llama);
    for (const value of odd) {
      for (const key of keys) {
        const { [key]: _, ...without } = llama;
        for (const read of [await facts(without), await facts({ ...llama, [key]: value })]) {
          const numbers = Object.values(read).filter((member) => typeof member === 'number');
          expect(numbers.every((number) => Number.isFinite(number) && number >= 0)).toBe(true);
        }
      }
      await facts(Object.fromEntries(keys.map((key) => [key, value])));
    }
    expect(await facts({})).toMatchObject({
      architecture: 'unknown',
      kind: 'model',
      fileType: 'unknown',
      headCount: 0,
    });
  });

  it.each([
    [0, 'F32'],
    [1, 'F16'],
    [3, 'Q4_1'],
    [7, 'Q8_0'],
    [15, 'Q4_K_M'],
    [18, 'Q6_K'],
    [32, 'BF16'],
    [38, 'MXFP4'],
  ])('names file type %d %s', async (number, name) => {
    expect((await facts({ 'general.file_type': u32(number) })).fileType).toBe(name);
  });

  it('uses the most common type of the matrices when no known file type is declared', async () => {
    const tensors = [
      ...['a', 'b', 'c'].map((name) => tensor(name, [4], 0, 16)),
      tensor('d', [32, 1], 8, 34),
      tensor('e', [32, 1], 8, 34),
      tensor('f', [2, 2], 1, 8),
    ];
    expect((await facts({}, tensors)).fileType).toBe('Q8_0');
    expect((await facts({ 'general.file_type': u32(1024) }, tensors)).fileType).toBe('Q8_0');
    expect((await facts({}, tensors.slice(0, 3))).fileType).toBe('F32');
  });

  const yes: GgufValue = { type: 'bool', value: true };
  it.each<[string, Record<string, GgufValue>, GgufFacts['kind'], boolean]>([
    ['a declared adapter', { 'general.type': text('adapter') }, 'adapter', false],
    ['a declared projector', { 'general.type': text('mmproj') }, 'projector', false],
    [
      'a clip encoder',
      { 'general.architecture': text('clip'), 'clip.has_vision_encoder': yes },
      'projector',
      true,
    ],
    [
      'a clip audio encoder',
      { 'general.architecture': text('clip'), 'clip.has_audio_encoder': yes },
      'projector',
      false,
    ],
    [
      'a clip with blocks',
      { 'general.architecture': text('clip'), 'clip.has_vision_encoder': yes, 'clip.block_count': u32(2) },
      'model',
      true,
    ],
    [
      'only a vision tower',
      { 'general.architecture': text('x'), 'x.vision.block_count': u32(2) },
      'projector',
      true,
    ],
    [
      'a model with vision',
      { 'general.architecture': text('x'), 'x.block_count': u32(2), 'x.vision.block_count': u32(2) },
      'model',
      true,
    ],
    ['a plain model', { 'general.architecture': text('x'), 'x.block_count': u32(2) }, 'model', false],
  ])('identifies %s', async (_, metadata, kind, hasVision) => {
    expect(await facts(metadata)).toMatchObject({ kind, hasVision });
  });

  it('detects embedded vision tensors', async () => {
    expect((await facts({}, [tensor('v.patch_embd.weight', [4], 0, 16)])).hasVision).toBe(true);
  });

  it('reads the pooling type of an embedding model, and its vocabulary size without a tokenizer', async () => {
    const metadata = {
      'general.architecture': text('bert'),
      'bert.pooling_type': u32(1),
      'bert.vocab_size': u32(30_522),
    };
    expect(await facts(metadata)).toMatchObject({ poolingType: 1, vocabularySize: 30_522 });
  });

  it('lists the end tokens that a file has, without those outside the vocabulary', async () => {
    const listed = (...ids: number[]) =>
      facts({ ...llama, 'tokenizer.ggml.eos_token_ids': listOf('i32', ids) });
    expect((await listed(2, 1, 2, 3, -1)).endTokens).toEqual([2, 1]);
    expect(await listed(7)).not.toHaveProperty('endTokens');
    expect(await facts(llama)).not.toHaveProperty('endTokens');
  });

  it('has no special token for an ID outside the vocabulary', async () => {
    const ids: GgufScalar[] = [3, 4_000_000_000];
    for (const id of ids) {
      const read = await facts({ ...llama, 'tokenizer.ggml.bos_token_id': u32(Number(id)) });
      expect('bosToken' in read).toBe(false);
    }
  });

  it('recognises embedding models, and reads how their inputs and outputs are processed', async () => {
    const bert = { 'general.architecture': text('bert'), 'bert.pooling_type': u32(1) };
    const wordPiece = { ...bert, 'tokenizer.ggml.model': text('bert') };
    const flag = (value: boolean): GgufValue => ({ type: 'bool', value });
    const embeddingOf = async (metadata: Record<string, GgufValue>) => (await facts(metadata)).embedding;
    expect(await embeddingOf(llama)).toBeUndefined();
    expect(await embeddingOf(wordPiece)).toEqual({ addsBos: true, addsEos: true, isNormalized: true });
    const bare = { 'tokenizer.ggml.add_bos_token': flag(false), 'tokenizer.ggml.add_eos_token': flag(false) };
    expect(await embeddingOf({ ...wordPiece, ...bare })).toMatchObject({ addsBos: false, addsEos: false });
    expect(await embeddingOf(bert)).toMatchObject({ isNormalized: false });
    expect(await embeddingOf({ ...wordPiece, 'bert.normalize_embeddings': flag(false) })).toMatchObject({
      isNormalized: false,
    });
    const nomic = { 'general.architecture': text('nomic-bert'), 'nomic-bert.pooling_type': u32(1) };
    expect(await embeddingOf(nomic)).toMatchObject({ isNormalized: false });
    expect(await embeddingOf({ ...nomic, 'nomic-bert.normalize_embeddings': flag(true) })).toMatchObject({
      isNormalized: true,
    });
    const other = { 'general.architecture': text('qwen3'), 'qwen3.pooling_type': u32(3) };
    expect(await embeddingOf(other)).toMatchObject({ isNormalized: true });
  });
});
