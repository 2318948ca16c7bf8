import { describe, expect, it } from 'vitest';
import { type CaseChange, planChanged } from '../../../test/fakes/import/changed-case.ts';
import type { SeededTensor } from '../../../test/fakes/import/seeded-weights.ts';

/** The shape of each tensor whose name ends so, with one axis of another length. */
const resized = (ending: string, axis: number, length: number) => (tensors: readonly SeededTensor[]) =>
  tensors.map(
    (tensor): SeededTensor =>
      tensor[0].endsWith(ending)
        ? [tensor[0], tensor[1], tensor[2].map((size, place) => (place === axis ? length : size))]
        : tensor,
  );

const without = (ending: string) => (tensors: readonly SeededTensor[]) =>
  tensors.filter(([name]) => !name.endsWith(ending));

const moeWithoutTopK = '"norm_topk_prob": true in config.json is not what the engine computes';

const yarn = {
  ...{ type: 'yarn', rope_type: 'yarn', factor: 4, original_max_position_embeddings: 64 },
  ...{ beta_fast: 32, beta_slow: 1, mscale: 1, mscale_all_dim: 1 },
};

describe('a model that the engine would compute wrongly or not load is refused', () => {
  const refusals: readonly (readonly [name: string, change: CaseChange, message: string])[] = [
    ['phi3', { config: { hidden_act: 'gelu' } }, '"hidden_act": "gelu"'],
    [
      'phi3-long',
      { config: { rope_scaling: { type: 'dynamic', factor: 2 } } },
      'the rope type "dynamic" in config.json',
    ],
    [
      'phi3-long',
      { config: { rope_scaling: { type: 'longrope', long_factor: [1, 2] } } },
      '"long_factor" in "rope_scaling" in config.json must be a list of',
    ],
    ['phi3', { config: { original_max_position_embeddings: 1 } }, 'must be an integer of at least 2'],
    ['phi3', { tensors: resized('qkv_proj.weight', 0, 32) }, 'tensor "blk.0.attn_qkv.weight" would have'],
    ['gpt-oss', { config: { sliding_window: null } }, '"gpt-oss.attention.sliding_window"'],
    ['phi3', { config: { rms_norm_eps: null } }, '"phi3.attention.layer_norm_rms_epsilon"'],
    ['llama-3', { config: { max_position_embeddings: null } }, '"llama.context_length"'],
    ['gpt-oss', { config: { tie_word_embeddings: true } }, '"tie_word_embeddings": true'],
    ['gpt-oss', { config: { swiglu_limit: 5 } }, '"swiglu_limit": 5'],
    [
      'gpt-oss',
      { config: { layer_types: ['full_attention', 'sliding_attention'] } },
      '"layer_types" in config.json is not what the engine computes',
    ],
    [
      'gpt-oss',
      { tensors: without('experts.gate_up_proj') },
      'tensor "model.layers.0.mlp.experts.gate_proj.weight" is missing',
    ],
    [
      'gpt-oss-mxfp4',
      { tensors: without('_scales') },
      'tensor "model.layers.0.mlp.experts.down_proj_blocks" has no scales',
    ],
    ['gpt-oss-mxfp4', { tensors: resized('_scales', 2, 1) }, '4-bit blocks'],
    ['deepseek-v2', { config: { n_group: 4, topk_method: 'group_limited_greedy' } }, '"n_group": 4'],
    ['deepseek-v2', { config: { norm_topk_prob: true } }, moeWithoutTopK],
    [
      'deepseek-v3-yarn',
      { config: { rope_scaling: { ...yarn, mscale: 0.7 } } },
      '"mscale" and "mscale_all_dim"',
    ],
    ['deepseek-v3-yarn', { config: { rope_scaling: { ...yarn, beta_fast: 16 } } }, '"beta_fast"'],
    ['deepseek-v3', { config: { num_experts_per_tok: 5 } }, 'more than the chosen groups have (4)'],
    ['gpt-oss', { config: { rope_scaling: { ...yarn, attention_factor: 2 } } }, 'an attention factor of 2'],
    ['gpt-oss', { config: { rope_scaling: { ...yarn, mscale: null, beta_slow: 2 } } }, '"beta_slow"'],
    ['deepseek-v3', { config: { rope_interleave: false } }, '"rope_interleave": false'],
    ['deepseek-v3', { config: { scoring_func: 'softmax' } }, '"scoring_func": "softmax"'],
    ['deepseek-v3', { config: { moe_layer_freq: 2 } }, '"moe_layer_freq": 2'],
    ['deepseek-v3', { tensors: resized('kv_b_proj.weight', 1, 16) }, 'cannot become [4,32,32]'],
    ['lfm2', { config: { layer_types: Array(3).fill('full_attention') } }, 'layers of one kind only'],
    ['lfm2', { config: { layer_types: Array(3).fill('conv') } }, 'layers of one kind only'],
    ['lfm2', { config: { conv_bias: true } }, '"conv_bias": true'],
    ['lfm2', { tensors: without('conv.in_proj.weight') }, 'conv.in_proj.weight" is missing'],
    ['lfm2-moe', { config: { norm_topk_prob: false } }, '"norm_topk_prob": false'],
    ['lfm2-moe', { config: { use_expert_bias: false } }, '"use_expert_bias": false'],
    ['bert', { config: { position_embedding_type: 'relative_key' } }, '"relative_key"'],
    ['bert', { config: { hidden_act: 'relu' } }, '"hidden_act": "relu"'],
    ['bert', { tensors: without('attention.self.query.bias') }, 'attention.self.query.bias" is missing'],
    ['nomic-bert', { config: { moe_every_n_layers: 2 } }, 'nomic-embed-text-v2-moe'],
    ['nomic-bert', { config: { n_positions: 512 } }, '512 in config.json'],
  ];

  it.each(refusals)('%s %#: %j', async (name, change, message) => {
    await expect(planChanged(name, change)).rejects.toThrow(message);
  });
});

describe('DeepSeek V3', () => {
  it('has sigmoid routers although config.json does not say so', async () => {
    const stated = await planChanged('deepseek-v3');
    const silent = await planChanged('deepseek-v3', { config: { scoring_func: null } });
    expect(new Map(silent.metadata).get('deepseek2.expert_gating_func')).toEqual({ type: 'u32', value: 2 });
    expect(silent.metadata.length).toBe(stated.metadata.length);
  });

  it('leaves out output weights that are those of the embedding', async () => {
    const { tensors, report } = await planChanged('deepseek-v3', { config: { tie_word_embeddings: true } });
    expect(tensors.map(({ name }) => name)).not.toContain('output.weight');
    expect(report.dropped).toEqual(['the output weights, which are those of the embedding (1 tensor)']);
  });
});

describe('DeepSeek V2 Lite', () => {
  it('has queries that are not compressed, with as many layers as the engine knows of it', async () => {
    const plan = await planChanged('deepseek-v2-lite', {
      config: { num_hidden_layers: 26, first_k_dense_replace: 25 },
      tensors: (tensors) => {
        const dense = tensors.filter(([name]) => name.startsWith('model.layers.0.'));
        const experts = tensors.filter(([name]) => name.startsWith('model.layers.1.'));
        const layers = Array.from({ length: 26 }, (_, layer) =>
          (layer < 25 ? dense : experts).map(
            ([name, ...rest]): SeededTensor => [name.replace(/layers\.\d+/, `layers.${layer}`), ...rest],
          ),
        );
        return [...tensors.filter(([name]) => !name.startsWith('model.layers.')), ...layers.flat()];
      },
    });
    const names = plan.tensors.map(({ name }) => name);
    expect(names).toContain('blk.25.attn_q.weight');
    expect(names.filter((name) => name.includes('attn_q_a'))).toEqual([]);
    expect(plan.metadata.map(([key]) => key)).not.toContain('deepseek2.attention.q_lora_rank');
  });
});

describe('Phi 3', () => {
  it('tells that the engine ignores its window', async () => {
    const { report } = await planChanged('phi3', { config: { sliding_window: 100 } });
    expect(report.warnings.join()).toContain('the window of 100 tokens');
  });
});
