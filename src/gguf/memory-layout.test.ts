import { describe, expect, it } from 'vitest';
import { memorySource } from './byte-source.ts';
import { memoryLayout } from './memory-layout.ts';
import { parseGguf } from './parse.ts';
import type { GgufValue } from './types.ts';
import { encodeGguf, listOf, type TensorContent } from './writer.ts';

const u32 = (value: number): GgufValue => ({ type: 'u32', value });

function zeros(name: string, ...shape: number[]): TensorContent {
  const elements = shape.reduce((product, length) => product * length, 1);
  return { name, shape, type: 0, data: new Uint8Array(4 * elements) };
}

const attention = (block: number, keys = 8) => [
  zeros(`blk.${block}.attn_norm.weight`, 16),
  zeros(`blk.${block}.attn_q.weight`, 16, 16),
  zeros(`blk.${block}.attn_k.weight`, 16, keys),
];

async function layoutOf(
  architecture: string,
  values: Record<string, GgufValue>,
  tensors: readonly TensorContent[],
) {
  const own = Object.entries(values).map(([key, value]) => [`${architecture}.${key}`, value] as const);
  const metadata: Record<string, GgufValue> = {
    'general.architecture': { type: 'string', value: architecture },
    ...Object.fromEntries(own),
  };
  return memoryLayout(await parseGguf(memorySource(encodeGguf({ metadata, tensors: [...tensors] }))));
}

const sizes = {
  block_count: u32(2),
  embedding_length: u32(16),
  'attention.head_count': u32(4),
  'attention.head_count_kv': u32(2),
};

describe('memoryLayout', () => {
  it('adds up the weights of each block, of the output and of the rest', async () => {
    const tensors = [
      zeros('token_embd.weight', 16, 5),
      ...attention(0),
      ...attention(1),
      zeros('output_norm.weight', 16),
      zeros('output.weight', 16, 5),
    ];
    const layout = await layoutOf('llama', sizes, tensors);
    expect(layout).toMatchObject({
      blocks: [0, 0],
      layerWeightBytes: [4 * (16 + 256 + 128), 4 * (16 + 256 + 128)],
      inputBytes: 4 * 80,
      outputBytes: 4 * (16 + 80),
      isEncoder: false,
    });
    expect(layout.kinds).toHaveLength(1);
  });

  it('counts the experts of each block, but not what all tokens use', async () => {
    const layout = await layoutOf('qwen3moe', sizes, [
      ...attention(0),
      zeros('blk.0.ffn_up.weight', 16, 8),
      ...attention(1),
      zeros('blk.1.ffn_gate_inp.weight', 16, 4),
      zeros('blk.1.ffn_up_shexp.weight', 16, 8),
      zeros('blk.1.ffn_gate_up_exps.weight', 16, 16, 4),
      zeros('blk.1.ffn_down_exps.weight', 8, 16, 4),
      zeros('blk.1.ffn_down_exps.bias', 16, 4),
    ]);
    expect(layout.layerExpertBytes).toEqual([0, 4 * (1024 + 512 + 64)]);
    expect(layout.largestExpertBytes).toBe(4 * 1024);
  });

  it('counts shared token embeddings for the output too, because a GPU needs a copy', async () => {
    const layout = await layoutOf('llama', sizes, [zeros('token_embd.weight', 16, 5), ...attention(0)]);
    expect([layout.inputBytes, layout.outputBytes]).toEqual([320, 320]);
  });

  it('distinguishes blocks that keep different keys and values', async () => {
    const values = { ...sizes, 'attention.head_count_kv': listOf('i32', [1, 4]) };
    const { kinds, blocks } = await layoutOf('llama', values, [...attention(0, 4), ...attention(1, 16)]);
    expect(blocks).toEqual([0, 1]);
    expect(kinds.map((kind) => kind.attention?.keyLength)).toEqual([4, 16]);
  });

  it.each([
    ['gemma3', { 'attention.sliding_window': u32(8) }, [true, true, true, true, true, false, true]],
    ['gemma3', {}, [false, false, false, false, false, false, false]],
    ['gpt-oss', {}, [true, false, true, false, true, false, true]],
    ['smallthinker', { 'attention.sliding_window': u32(8) }, [false, true, true, true, false, true, true]],
    [
      'other',
      {
        'attention.sliding_window': u32(8),
        'attention.sliding_window_pattern': listOf('bool', [false, true, true, false, true, true, true]),
      },
      [false, true, true, false, true, true, true],
    ],
  ])('knows which blocks of %s have a window (%j)', async (architecture, values, expected) => {
    const tensors = expected.flatMap((_, block) => attention(block));
    const { kinds, blocks } = await layoutOf(
      architecture,
      { ...sizes, block_count: u32(7), ...values },
      tensors,
    );
    expect(blocks.map((place) => kinds[place]?.attention?.isWindowed)).toEqual(expected);
  });

  it('uses separate head lengths for windowed blocks where the file has them', async () => {
    const values = { 'attention.key_length': u32(8), 'attention.key_length_swa': u32(4) };
    const tensors = [...attention(0), ...attention(1)];
    const { kinds } = await layoutOf('gpt-oss', { ...sizes, ...values }, tensors);
    expect(kinds.map(({ attention: part }) => part?.keyLength)).toEqual([8, 16]);
  });

  it('gives no cache to layers that predict further tokens or share a cache', async () => {
    const tensors = [...attention(0), ...attention(1)];
    for (const key of ['nextn_predict_layers', 'attention.shared_kv_layers']) {
      const { kinds } = await layoutOf('llama', { ...sizes, [key]: u32(1) }, tensors);
      expect(kinds.map(({ attention: part }) => part?.keyLength)).toEqual([8, 0]);
    }
  });

  it('stays small and finite whatever the file contains', async () => {
    const many = Array.from({ length: 2000 }, (_, block) => zeros(`blk.${block}.attn_q.weight`, 1, 1));
    const values = {
      block_count: u32(4_000_000_000),
      'attention.head_count': listOf('i32', [-5, -1]),
      'attention.head_count_kv': { type: 'f32', value: Number.NaN } as const,
    };
    const layout = await layoutOf('llama', values, [...many, zeros('blk.999999999.attn_q.weight', 1, 1)]);
    expect(layout.blocks).toHaveLength(512);
    expect(layout.inputBytes).toBe(4 * (2000 - 512 + 1));
    for (const { attention: part } of layout.kinds) {
      expect(part?.keyLength).toBeGreaterThanOrEqual(0);
      expect(part?.queryLength).toBeGreaterThanOrEqual(0);
    }
  });
});
