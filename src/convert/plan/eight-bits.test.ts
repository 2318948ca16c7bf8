import { describe, expect, it } from 'vitest';
import { planChanged } from '../../../test/fakes/import/changed-case.ts';
import { tensorType } from '../../gguf/tensor-types.ts';

const scaleNames = ['weight_scale', 'weight_scale_inv'];

describe('weights of 8-bit floats', () => {
  it.each(['qwen3-fp8-blocks', 'llama-fp8-channels', 'mistral-fp8-tensors'])(
    'of %s are multiplied by their scales, and Q8_0 is suggested',
    async (name) => {
      const { tensors, report } = await planChanged(name);
      const query = tensors.find((tensor) => tensor.name === 'blk.0.attn_v.weight');
      expect(query?.data.kind).toBe('scaled');
      expect(report.preferredType).toBe('Q8_0');
      expect(tensors.filter((tensor) => scaleNames.some((scale) => tensor.name.includes(scale)))).toEqual([]);
    },
  );

  it('without a quantization in config.json are what they say', async () => {
    const { tensors, report } = await planChanged('llama-fp8-channels', {
      config: { quantization_config: null },
      tensors: (all) => all.filter(([name]) => !name.endsWith('_scale')),
    });
    const value = tensors.find(({ name }) => name === 'blk.0.attn_v.weight');
    expect(value?.data.kind).toBe('source');
    expect(tensorType(value?.type ?? -1)?.name).toBe('BF16');
    expect(report.preferredType).toBe('Q8_0');
  });

  it('are refused when one lacks its scales, or scales lack theirs', async () => {
    const isQuery = (name: string) => name === 'model.layers.0.self_attn.q_proj.weight_scale';
    const unscaled = planChanged('llama-fp8-channels', {
      tensors: (all) => all.filter(([name]) => !isQuery(name)),
    });
    await expect(unscaled).rejects.toThrow('q_proj.weight" has no scales named');
    const orphaned = planChanged('llama-fp8-channels', {
      tensors: (all) => [...all, ['model.norm.weight_scale', 'BF16', [1]]],
    });
    await expect(orphaned).rejects.toThrow('"model.norm.weight_scale" has no floats of 8 bits');
  });

  it('are refused when the scales do not fit', async () => {
    const narrow = planChanged('qwen3-fp8-blocks', {
      tensors: (all) =>
        all.map((tensor) =>
          tensor[0].endsWith('q_proj.weight_scale_inv') ? [tensor[0], tensor[1], [1, 7]] : tensor,
        ),
    });
    await expect(narrow).rejects.toThrow('"blk.0.attn_q.weight" cannot be written: scales [1,7]');
  });

  it('leave out the scales of activations', async () => {
    const { tensors } = await planChanged('mistral-fp8-tensors', {
      tensors: (all) => [
        ...all,
        ['model.layers.0.self_attn.q_proj.input_scale', 'F32', []],
        ['model.layers.0.self_attn.k_proj.activation_scale', 'F32', []],
      ],
    });
    expect(tensors.map(({ name }) => name).filter((name) => name.includes('scale'))).toEqual([]);
  });
});

describe('weights that are quantized in another way', () => {
  const group = (weights: object, more: object = {}) => ({
    quant_method: 'compressed-tensors',
    format: 'float-quantized',
    config_groups: { group_0: { weights: { num_bits: 8, type: 'float', strategy: 'channel', ...weights } } },
    ...more,
  });
  it.each([
    [{ quant_method: 'gptq', bits: 4 }, 'gptq'],
    [{ quant_method: 'awq' }, 'awq'],
    [{ quant_method: 'bitsandbytes', load_in_4bit: true }, 'bitsandbytes'],
    [{ quant_method: 'modelopt', quant_algo: 'NVFP4' }, 'modelopt'],
    [{ quant_method: 'mxfp4' }, 'mxfp4'],
    [{ bits: 4 }, 'a method that config.json does not name'],
    [
      group({ num_bits: 4, type: 'int' }, { format: 'pack-quantized' }),
      'compressed-tensors (pack-quantized)',
    ],
    [group({ type: 'int' }, { format: 'int-quantized' }), 'compressed-tensors (int-quantized)'],
    [group({ strategy: 'group', group_size: 128 }), 'compressed-tensors (float-quantized)'],
    [group({ strategy: 'token' }), 'compressed-tensors (float-quantized by token)'],
    [group({}, { config_groups: { a: {}, b: {} } }), 'compressed-tensors (float-quantized)'],
  ])('are refused by name: %j', async (quantization_config, method) => {
    const plan = planChanged('llama-fp8-channels', { config: { quantization_config } });
    await expect(plan).rejects.toThrow(`the weights are quantized with ${method}: use the unquantized model`);
  });

  it('are refused where mlx-lm quantized them', async () => {
    const plan = planChanged('llama-3', { config: { quantization: { bits: 4, group_size: 64 } } });
    await expect(plan).rejects.toThrow('the weights are quantized with MLX');
  });

  it('are refused where ModelOpt quantized them', async () => {
    const plan = planChanged('llama-3', {
      files: { 'hf_quant_config.json': { producer: { name: 'modelopt' } } },
    });
    await expect(plan).rejects.toThrow('the weights are quantized with ModelOpt');
  });
});
