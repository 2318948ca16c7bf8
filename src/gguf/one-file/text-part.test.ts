import { describe, expect, it } from 'vitest';
import { memorySource } from '../byte-source.ts';
import { parseGguf } from '../parse.ts';
import type { GgufValue } from '../types.ts';
import { encodeGguf, listOf, type TensorContent } from '../writer.ts';
import { textFile, textPart } from './text-part.ts';
import { f32, text, u32 } from './values.ts';

/** A tensor of float32 whose values count up from a first one, so that moved bytes show. */
function counting(name: string, shape: readonly number[], first = 0): TensorContent {
  const count = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: count }, (_, at) => first + at);
  return { name, shape, type: 0, data: new Uint8Array(values.buffer) };
}

async function partOf(metadata: Record<string, GgufValue>, tensors: TensorContent[]) {
  const bytes = encodeGguf({ metadata, tensors });
  const file = await parseGguf(memorySource(bytes), { arrays: 'keep' });
  const part = textPart(file);
  const values = (name: string) => {
    const ranges = part?.tensors.find((tensor) => tensor.name === name)?.ranges ?? [];
    const parts = ranges.map(({ start, bytes: length }) => bytes.slice(start, start + length));
    return parts.flatMap((slice) => [...new Float32Array(slice.buffer)]);
  };
  return { file, part, values, names: part?.tensors.map(({ name }) => name) };
}

const gemma3 = {
  'general.architecture': text('gemma3'),
  'gemma3.context_length': u32(131_072),
  'gemma3.attention.layer_norm_rms_epsilon': f32(1e-6),
};

describe('textPart', () => {
  it('leaves files alone that llama.cpp reads', async () => {
    expect((await partOf(gemma3, [counting('token_embd.weight', [2, 2])])).part).toBeUndefined();
    const llama = { 'general.architecture': text('llama'), 'llama.block_count': u32(1) };
    expect((await partOf(llama, [counting('v.blk.0.attn_q.weight', [2, 2])])).part).toBeUndefined();
  });

  it('leaves out the encoder and the words that only it used', async () => {
    const metadata = {
      ...gemma3,
      'gemma3.rope.local.freq_base': f32(5000),
      'gemma3.vision.block_count': u32(1),
      'tokenizer.ggml.tokens': listOf('string', ['a', 'b', '<image>']),
    };
    const { part, names, file } = await partOf(metadata, [
      counting('mm.mm_input_projection.weight', [3, 3]),
      counting('token_embd.weight', [2, 2]),
      counting('v.patch_embedding.weight', [1, 5]),
      counting('blk.0.attn_q.weight', [2, 2]),
    ]);
    expect(names).toEqual(['token_embd.weight', 'blk.0.attn_q.weight']);
    expect(part?.metadata).toMatchObject({
      'gemma3.rope.freq_base': { value: 1_000_000 },
      'gemma3.rope.freq_base_swa': { value: 5000 },
      'gemma3.rope.scaling.type': { value: 'linear' },
      'tokenizer.ggml.tokens': { value: { count: 2, values: ['a', 'b'] } },
    });
    expect(part?.metadata).not.toHaveProperty(['gemma3.vision.block_count']);
    const copy = part && textFile(file, part);
    expect(copy?.tensors.map(({ offset }) => offset)).toEqual([0, 32]);
  });

  it('renames the architecture of Qwen2.5-VL and pads its sections', async () => {
    const metadata = {
      'general.architecture': text('qwen25vl'),
      'qwen25vl.context_length': u32(8),
      'qwen25vl.rope.mrope_section': listOf('i32', [16, 24, 24]),
      'qwen25vl.vision.block_count': u32(1),
    };
    const { part } = await partOf(metadata, [counting('v.merger.ln_q.weight', [2])]);
    expect(part?.metadata).toMatchObject({
      'general.architecture': { value: 'qwen2vl' },
      'qwen2vl.context_length': { value: 8 },
      'qwen2vl.rope.dimension_sections': { value: { values: [16, 24, 24, 0] } },
    });
  });

  it('joins the gate and the matrix behind it of GLM-OCR', async () => {
    const metadata = { 'general.architecture': text('glmocr'), 'glmocr.attention.key_length': u32(64) };
    const { part, names, values } = await partOf(metadata, [
      counting('blk.0.ffn_gate.weight', [2, 2]),
      counting('blk.0.ffn_up.weight', [2, 2], 10),
      counting('blk.0.post_attn_norm.weight', [2]),
    ]);
    expect(names).toEqual(['blk.0.ffn_up.weight', 'blk.0.post_attention_norm.weight']);
    expect(values('blk.0.ffn_up.weight')).toEqual([0, 1, 2, 3, 10, 11, 12, 13]);
    expect(part?.tensors[0]?.shape).toEqual([2, 4]);
    expect(part?.metadata).toMatchObject({ 'glm4.rope.dimension_count': { value: 64 } });
  });

  it('interleaves the experts of Gemma 4', async () => {
    const metadata = { 'general.architecture': text('gemma4'), 'tokenizer.ggml.model': text('llama') };
    const { part, names, values } = await partOf(metadata, [
      counting('blk.0.ffn_gate_exps.weight', [1, 2, 2]),
      counting('blk.0.ffn_up_exps.weight', [1, 2, 2], 10),
      counting('blk.0.ffn_gate_inp.per_expert_scale', [2]),
    ]);
    expect(names).toEqual(['blk.0.ffn_gate_up_exps.weight', 'blk.0.ffn_down_exps.scale']);
    expect(values('blk.0.ffn_gate_up_exps.weight')).toEqual([0, 1, 10, 11, 2, 3, 12, 13]);
    expect(part?.metadata['tokenizer.ggml.model']).toEqual(text('gemma4'));
  });

  it('finds the sizes of the experts of DeepSeek-OCR in their tensors', async () => {
    const metadata = { 'general.architecture': text('deepseekocr'), 'deepseekocr.sam.block_count': u32(12) };
    const { part, names } = await partOf(metadata, [
      counting('s.position_embd', [2]),
      counting('blk.1.ffn_down_exps.weight', [3, 2, 2]),
      counting('blk.1.ffn_down_shexp.weight', [6, 2]),
    ]);
    expect(names).not.toContain('s.position_embd');
    expect(part?.metadata).toMatchObject({
      'deepseek2-ocr.expert_feed_forward_length': { value: 3 },
      'deepseek2-ocr.expert_shared_count': { value: 2 },
    });
    expect(Object.keys(part?.metadata ?? {})).not.toContain('deepseek2-ocr.sam.block_count');
  });

  it('states the sections and deep-stack layers of Qwen3-VL', async () => {
    const metadata = {
      'general.architecture': text('qwen3vl'),
      'qwen3vl.vision.deepstack_visual_indexes': listOf('i32', [8, 16, 24]),
    };
    const { part } = await partOf(metadata, [counting('v.pos_embed.weight', [2, 4])]);
    expect(part?.metadata).toMatchObject({
      'qwen3vl.rope.dimension_sections': { value: { values: [24, 20, 20, 0] } },
      'qwen3vl.n_deepstack_layers': { value: 3 },
    });
  });

  it('refuses what llama.cpp cannot run, by its name', async () => {
    const metadata = { 'general.architecture': text('mllama') };
    await expect(partOf(metadata, [])).rejects.toMatchObject({
      code: 'invalid-request',
      message:
        'models of the architecture mllama (Llama 3.2 Vision, whose text layers attend to pictures) are not supported by llama.cpp',
    });
  });
});
