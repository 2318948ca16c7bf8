import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { memorySource } from './byte-source.ts';
import { parseGguf } from './parse.ts';
import { checkProjector } from './projector/check-projector.ts';
import { encodedTypes } from './projector/encoded-types.ts';
import { type ProjectorFacts, projectorFacts } from './projector-facts.ts';
import type { GgufValue } from './types.ts';
import { encodeGguf, listOf, type TensorContent } from './writer.ts';

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const f32 = (value: number): GgufValue => ({ type: 'f32', value });
const text = (value: string): GgufValue => ({ type: 'string', value });
const flag = (value: boolean): GgufValue => ({ type: 'bool', value });

/** A tensor of float32 whose values count up from 0, so that moved bytes show. */
function counting(name: string, shape: readonly number[]): TensorContent {
  const count = shape.reduce((product, length) => product * length, 1);
  return {
    name,
    shape,
    type: 0,
    data: new Uint8Array(Float32Array.from({ length: count }, (_, at) => at).buffer),
  };
}

interface Subject {
  readonly facts: ProjectorFacts | undefined;
  readonly values: (name: string) => number[];
}

async function subject(metadata: Record<string, GgufValue>, tensors: TensorContent[] = []): Promise<Subject> {
  const bytes = encodeGguf({ metadata, tensors });
  const facts = projectorFacts(await parseGguf(memorySource(bytes)));
  return {
    facts,
    values: (name) => {
      const ranges = facts?.tensors.get(name)?.ranges ?? [];
      const parts = ranges.map(({ start, bytes: length }) => bytes.slice(start, start + length));
      return parts.flatMap((part) => [...new Float32Array(part.buffer)]);
    },
  };
}

const gemmaProjector: Record<string, GgufValue> = {
  'general.architecture': text('clip'),
  'clip.has_vision_encoder': flag(true),
  'clip.projector_type': text('gemma3'),
  'clip.use_gelu': flag(true),
  'clip.vision.image_size': u32(896),
  'clip.vision.patch_size': u32(14),
  'clip.vision.embedding_length': u32(1152),
  'clip.vision.feed_forward_length': u32(4304),
  'clip.vision.block_count': u32(27),
  'clip.vision.attention.head_count': u32(16),
  'clip.vision.attention.layer_norm_epsilon': f32(1e-6),
  'clip.vision.projection_dim': u32(2560),
  'clip.vision.image_mean': listOf('f32', [0.5, 0.5, 0.5]),
  'clip.vision.image_std': listOf('f32', [0.5, 0.5, 0.5]),
};

const ROUNDS = rounds({ change: 200, long: 5000, nightly: 100_000 });

describe('projectorFacts', () => {
  it('reads an mmproj file', async () => {
    const { facts } = await subject(gemmaProjector, [counting('mm.input_projection.weight', [8, 4])]);
    expect(facts).toMatchObject({
      type: 'gemma3',
      hasVision: true,
      hasAudio: false,
      rowWidth: 8,
      tensorBytes: 128,
      image: {
        size: 896,
        patchSize: 14,
        mergeSize: 4,
        width: 1152,
        heads: 16,
        blocks: 27,
        activation: 'gelu',
      },
    });
  });

  it('finds none in a model of text', async () => {
    expect((await subject({ 'general.architecture': text('llama') })).facts).toBeUndefined();
  });

  it('takes the first projectors, which name no type, for those of LLaVA', async () => {
    const { 'clip.projector_type': _, ...older } = gemmaProjector;
    const { facts } = await subject(older, [counting('mm.2.weight', [2, 6])]);
    expect(facts).toMatchObject({ type: 'mlp', rowWidth: 6 });
  });

  it('counts the rows for deeper layers into the width of a row', async () => {
    const metadata = { ...gemmaProjector, 'clip.projector_type': text('qwen3vl_merger') };
    const deep = [5, 8].map((block) => counting(`v.deepstack.${block}.fc1.weight`, [2, 2]));
    const { facts } = await subject(metadata, [...deep, counting('mm.2.bias', [10])]);
    expect(facts).toMatchObject({ rowWidth: 30, image: { deepstackBlocks: [5, 8], mergeSize: 2 } });
  });

  it('keeps the types of two encoders apart', async () => {
    const { 'clip.projector_type': _, ...rest } = gemmaProjector;
    const metadata = {
      ...rest,
      'clip.has_audio_encoder': flag(true),
      'clip.vision.projector_type': text('gemma4v'),
      'clip.audio.projector_type': text('gemma4a'),
      'clip.audio.num_mel_bins': u32(128),
    };
    const { facts } = await subject(metadata, [counting('mm.input_projection.weight', [4, 6])]);
    expect(facts).toMatchObject({
      type: 'gemma4v',
      rowWidth: 6,
      audio: { type: 'gemma4a', melBins: 128, eps: 1e-6 },
    });
  });
});

describe("projectorFacts on Ollama's one-file models", () => {
  it('finds the encoder of Gemma 3 under its names', async () => {
    const metadata = {
      'general.architecture': text('gemma3'),
      'gemma3.embedding_length': u32(8),
      'gemma3.vision.block_count': u32(1),
      'gemma3.vision.image_size': u32(896),
      'gemma3.vision.patch_size': u32(14),
      'gemma3.vision.embedding_length': u32(4),
      'gemma3.vision.attention.head_count': u32(2),
      'gemma3.vision.attention.layer_norm_epsilon': f32(1e-6),
    };
    const { facts, values } = await subject(metadata, [
      counting('token_embd.weight', [8, 2]),
      counting('v.blk.0.mlp.fc1.weight', [4, 2]),
      counting('mm.mm_input_projection.weight', [8, 4]),
    ]);
    expect(facts).toMatchObject({
      type: 'gemma3',
      rowWidth: 8,
      image: { size: 896, mergeSize: 4, activation: 'gelu', mean: [0.5, 0.5, 0.5], projectionWidth: 8 },
    });
    expect([...(facts?.tensors.keys() ?? [])]).toEqual([
      'v.blk.0.ffn_up.weight',
      'mm.input_projection.weight',
    ]);
    expect(values('v.blk.0.ffn_up.weight')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('joins queries, keys and values and parts the frames of Qwen3-VL', async () => {
    const metadata = {
      'general.architecture': text('qwen3vl'),
      'qwen3vl.vision.block_count': u32(1),
      'qwen3vl.vision.deepstack_visual_indexes': listOf('i32', [7]),
      'qwen3vl.vision.patch_size': u32(16),
    };
    const { facts, values } = await subject(metadata, [
      counting('v.blk.0.attn_q.weight', [2, 2]),
      counting('v.blk.0.attn_k.weight', [2, 2]),
      counting('v.blk.0.attn_v.weight', [2, 2]),
      counting('v.patch_embed.weight', [1, 1, 2, 6]),
      counting('v.pos_embed.weight', [2, 9]),
      counting('v.deepstack_merger.0.linear_fc1.weight', [1, 1]),
    ]);
    expect(facts?.tensors.get('v.blk.0.attn_qkv.weight')?.shape).toEqual([2, 6]);
    expect(values('v.blk.0.attn_qkv.weight')).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    expect(facts?.tensors.get('v.patch_embd.weight')?.shape).toEqual([1, 1, 3, 2]);
    expect(values('v.patch_embd.weight')).toEqual([0, 2, 4, 6, 8, 10]);
    expect(values('v.patch_embd.weight.1')).toEqual([1, 3, 5, 7, 9, 11]);
    expect(facts?.image).toMatchObject({ size: 48, deepstackBlocks: [7] });
  });

  it('turns the halves of a head of Mistral 3 into pairs and finds the row between lines', async () => {
    const metadata = {
      'general.architecture': text('mistral3'),
      'mistral3.vision.block_count': u32(1),
      'mistral3.vision.attention.head_count': u32(2),
      'mistral3.spatial_merge_size': u32(2),
    };
    const { facts, values } = await subject(metadata, [
      counting('token_embd.weight', [2, 14]),
      counting('v.blk.0.attn_q.weight', [1, 8]),
    ]);
    expect(values('v.blk.0.attn_q.weight')).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    expect(values('v.token_embd.img_break')).toEqual([24, 25]);
    expect(facts).toMatchObject({ type: 'pixtral', image: { hasLineBreaks: true, mergeSize: 2 } });
  });

  it('names the architecture of a model whose encoder it does not know', async () => {
    const metadata = { 'general.architecture': text('mllama'), 'mllama.vision.block_count': u32(1) };
    const { facts } = await subject(metadata, [counting('v.class_embd', [4])]);
    expect(facts).toMatchObject({ type: undefined, declaredTypes: { image: 'mllama' } });
    expect(() => facts && checkProjector(facts)).toThrow(
      'encoders of pictures of the type "mllama" are not supported',
    );
  });
});

describe('checkProjector', () => {
  const problem = async (changes: Record<string, GgufValue>) => {
    const { facts } = await subject({ ...gemmaProjector, ...changes });
    return () => facts && checkProjector(facts);
  };

  it('accepts a whole projector', async () => {
    expect(await problem({})).not.toThrow();
  });

  it.each([
    ['clip.vision.image_size', u32(9000), 'clip.vision.image_size must be from 0 to 4096'],
    ['clip.vision.patch_size', u32(0), 'clip.vision.patch_size must be from 1'],
    ['clip.vision.block_count', text('many'), 'clip.vision.block_count must be from 1'],
    ['clip.vision.attention.head_count', u32(7), 'embedding_length must be a multiple'],
    ['clip.vision.image_std', listOf('f32', [0.5, 0, 0.5]), 'image_std must have three numbers other than 0'],
    ['clip.projector_type', text('sorcery'), 'encoders of pictures of the type "sorcery" are not supported'],
  ])('refuses a projector whose %s cannot be used', async (key, value, message) => {
    expect(await problem({ [key]: value })).toThrow(message);
  });

  it('refuses a size for which the file has too few positions, before memory is taken for it', async () => {
    const sized = async (type: string, size: number) => {
      const changes = { 'clip.projector_type': text(type), 'clip.vision.image_size': u32(size) };
      const table = counting('v.position_embd.weight', [1, 4096]);
      const { facts } = await subject({ ...gemmaProjector, ...changes }, [table]);
      return () => facts && checkProjector(facts);
    };
    expect(await sized('gemma3', 896)).not.toThrow();
    expect(await sized('gemma3', 4096)).toThrow(
      'clip.vision.image_size is 4096, which makes 85264 patches, but v.position_embd.weight has only 4096 positions',
    );
    // This family interpolates its positions.
    expect(await sized('lfm2', 4096)).not.toThrow();
  });

  it('names the sense of an unknown type, and only the types that the engine encodes', async () => {
    const refusal = async (types: Readonly<Record<'vision' | 'audio', string>>) => {
      const { 'clip.projector_type': _, ...others } = gemmaProjector;
      const { facts } = await subject({
        ...others,
        'clip.has_audio_encoder': flag(true),
        'clip.vision.projector_type': text(types.vision),
        'clip.audio.projector_type': text(types.audio),
      });
      return () => facts && checkProjector(facts);
    };
    expect(await refusal({ vision: 'gemma3', audio: 'sorcery' })).toThrow(
      `encoders of sound of the type "sorcery" are not supported; the supported types are ${encodedTypes.audio.join(', ')}`,
    );
    expect(await refusal({ vision: 'magic', audio: 'ultravox' })).toThrow(
      `encoders of pictures of the type "magic" are not supported; the supported types are ${encodedTypes.image.join(', ')}`,
    );
  });
});

it('reads odd files without an error', async () => {
  const kinds: readonly GgufValue[] = [
    u32(0),
    u32(0xffff_ffff),
    f32(Number.NaN),
    text(''),
    flag(true),
    { type: 'i64', value: -1n },
    listOf('string', ['x']),
    listOf('f32', []),
  ];
  const names = Object.keys(gemmaProjector);
  const random = seededRandom(seedFrom(20));
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  for (let round = 0; round < ROUNDS; round++) {
    const architecture = pick(['clip', 'qwen3vl', 'mistral3', 'gemma4', 'deepseekocr', 'llama4']) ?? 'clip';
    const metadata: Record<string, GgufValue> = { ...gemmaProjector };
    for (let change = 0; change < 6; change++) {
      const value = pick(kinds);
      if (value) metadata[pick(names) ?? ''] = value;
    }
    const odd = Object.entries(metadata).map(([key, value]): [string, GgufValue] => [
      architecture === 'clip' ? key : key.replace('clip.', `${architecture}.`),
      value,
    ]);
    const tensors = ['v.patch_embed.weight', 'v.blk.0.attn_q.weight', 'v.clamp_data'].map((name) =>
      counting(name, [1 + Math.floor(random() * 8)]),
    );
    const { facts } = await subject(
      { ...Object.fromEntries(odd), 'general.architecture': text(architecture) },
      tensors,
    );
    expect(typeof facts).toMatch(/undefined|object/);
  }
});
