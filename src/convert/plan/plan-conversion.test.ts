import { describe, expect, it } from 'vitest';
import { changedCase, planOf } from '../../../test/fakes/import/changed-case.ts';
import type { SeededTensor } from '../../../test/fakes/import/seeded-weights.ts';
import { OllamaError } from '../../base/errors.ts';

const without = (name: string) => (tensors: readonly SeededTensor[]) =>
  tensors.filter(([each]) => each !== name);
const and =
  (...more: SeededTensor[]) =>
  (tensors: readonly SeededTensor[]) => [...tensors, ...more];

const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, original_max_position_embeddings: 64 };
const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 64 };

describe('settings that the engine computes otherwise', () => {
  const refused: readonly (readonly [name: string, config: Record<string, unknown>, message: string])[] = [
    [
      'llama-3',
      { hidden_act: 'gelu' },
      '"hidden_act": "gelu" in config.json is not what the engine computes',
    ],
    [
      'llama-3',
      { rope_scaling: { rope_type: 'dynamic', factor: 2 } },
      'the rope type "dynamic" in config.json',
    ],
    ['qwen3', { rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'the rope type "llama3" in config.json'],
    [
      'qwen3',
      { rope_scaling: { rope_type: 'yarn', factor: 4 } },
      '"original_max_position_embeddings", which yarn needs',
    ],
    [
      'qwen3',
      { rope_scaling: { ...yarn, attention_factor: 1.5 } },
      '"rope_scaling" with an attention factor of 1.5',
    ],
    [
      'qwen3',
      { rope_scaling: { ...yarn, mscale: 1, mscale_all_dim: 0.5 } },
      'with an attention factor of 1.06',
    ],
    ['qwen3', { rope_scaling: { ...yarn, beta_fast: 16 } }, '"rope_scaling" with this "beta_fast"'],
    ['qwen3', { rope_scaling: { ...yarn, truncate: false } }, '"rope_scaling" with this "truncate"'],
    ['cohere', { rope_scaling: { type: 'linear', factor: 4 } }, '"rope_scaling" of type "linear"'],
    ['cohere2', { rope_scaling: { type: 'linear', factor: 4 } }, '"rope_scaling" of type "linear"'],
    ['cohere2', { rotary_pct: 0.5 }, '"rotary_pct": 0.5'],
    [
      'granite',
      { attention_multiplier: 0 },
      '"attention_multiplier" in config.json must be a number other than 0',
    ],
    ['llama-3', { partial_rotary_factor: 0.5 }, '"partial_rotary_factor": 0.5'],
    ['llama-3', { attention_bias: true }, 'tensor "model.layers.0.self_attn.q_proj.bias" is missing'],
    ['llama-3', { tie_word_embeddings: false }, 'tensor "lm_head.weight" is missing, although'],
    [
      'qwen3-moe',
      { norm_topk_prob: undefined },
      '"norm_topk_prob": false, which holds because config.json does not state it, is not what the engine computes',
    ],
    [
      'qwen3-moe',
      { norm_topk_prob: false },
      '"norm_topk_prob": false in config.json is not what the engine computes',
    ],
    // The default of the class is what the engine cannot do.
    ['qwen3-moe', { norm_topk_prob: undefined }, '"norm_topk_prob": false'],
    ['qwen3-moe', { decoder_sparse_step: 2 }, '"decoder_sparse_step": 2'],
    ['qwen3-moe', { mlp_only_layers: [0] }, '"mlp_only_layers" in config.json names layers without experts'],
    ['gemma', { rope_theta: 20_000 }, '"rope_theta": 20000 in config.json'],
    ['gemma', { tie_word_embeddings: false }, '"tie_word_embeddings": false'],
    ['gemma2', { attn_logit_softcapping: null }, 'config.json has no "attn_logit_softcapping"'],
    ['gemma2', { query_pre_attn_scalar: 99 }, '"query_pre_attn_scalar": 99'],
    ['gemma2', { layer_types: ['full_attention', 'full_attention'] }, '"layer_types" in config.json'],
    ['gemma3', { use_bidirectional_attention: true }, '"use_bidirectional_attention": true'],
    ['granite', { head_dim: 8 }, '"head_dim" in config.json must be 16'],
    ['smollm3', { no_rope_layers: [0, 0, 0, 0] }, '"no_rope_layers" in config.json'],
    ['smollm3', { no_rope_layers: undefined, no_rope_layer_interval: 3 }, '"no_rope_layer_interval": 3'],
    ['cohere', { use_qk_norm: true }, '"use_qk_norm": true'],
  ];
  for (const [name, config, message] of refused) {
    it(`are refused: ${name} with ${JSON.stringify(config)}`, async () => {
      await expect(planOf(changedCase(name, { config }))).rejects.toThrow(message);
    });
  }
});

describe('counts with which the engine would end its process', () => {
  const refused: readonly (readonly [name: string, config: Record<string, unknown>, message: string])[] = [
    ['mixtral', { num_experts_per_tok: 12 }, 'config.json has 12 experts for each token, of 11'],
    ['mixtral', { num_experts_per_tok: 0 }, '0 experts for each token, of 11'],
    ['llama-3', { num_experts_per_tok: 2 }, '2 experts for each token, of 0'],
    [
      'mixtral',
      { num_local_experts: 2000 },
      '"num_local_experts" in config.json must be an integer between 0 and 1024',
    ],
    ['llama-3', { num_local_experts: 2, num_experts_per_tok: 1 }, '2 experts without weights of theirs'],
    ['deepseek-v3', { n_group: 3 }, 'groups'],
    ['deepseek-v3', { topk_group: 0 }, '0 groups of experts for each token'],
    ['deepseek-v3', { topk_group: 2 }, '2 groups of experts for each token, of 2'],
    ['phi3', { partial_rotary_factor: 2 }, 'a rope for 32 of the 16 values of a head'],
    ['phi3', { partial_rotary_factor: 0.2 }, 'a rope for 3 values of a head'],
  ];
  for (const [name, config, message] of refused) {
    it(`are refused: ${name} with ${JSON.stringify(config)}`, async () => {
      await expect(planOf(changedCase(name, { config }))).rejects.toThrow(message);
    });
  }

  it('are refused where heads of queries cannot be spread over those of keys', async () => {
    const tensors = (list: readonly SeededTensor[]) =>
      list.map(
        ([name, type, shape]): SeededTensor => [name, type, /[kv]_proj/.test(name) ? [48, 64] : shape],
      );
    await expect(
      planOf(changedCase('llama-3', { config: { num_key_value_heads: 3 }, tensors })),
    ).rejects.toThrow('4 heads of queries for 3 of keys');
  });
});

describe('values with which the engine would compute no numbers', () => {
  const refused: readonly (readonly [name: string, config: Record<string, unknown>, message: string])[] = [
    [
      'llama-3',
      { rms_norm_eps: -1 },
      '"llama.attention.layer_norm_rms_epsilon" the value -1, which must not be negative',
    ],
    ['llama-2', { rope_theta: 0 }, '"llama.rope.freq_base" the value 0, which must be larger than 0'],
    ['llama-2', { rope_scaling: { type: 'linear', factor: -2 } }, '"llama.rope.scaling.factor" the value -2'],
    ['llama-2', { max_position_embeddings: 0 }, '"llama.context_length" the value 0'],
    [
      'llama-3',
      { rope_scaling: { ...llama3, high_freq_factor: 1 } },
      '"high_freq_factor" above "low_freq_factor"',
    ],
    ['gemma2', { attn_logit_softcapping: 0 }, '"gemma2.attn_logit_softcapping" the value 0'],
    [
      'gemma2',
      { sliding_window: 2 ** 32 - 1 },
      '"sliding_window" in config.json must be an integer between 1 and',
    ],
    ['gemma3', { rope_local_base_freq: 0 }, '"gemma3.rope.freq_base_swa" the value 0'],
  ];
  for (const [name, config, message] of refused) {
    it(`are refused: ${name} with ${JSON.stringify(config)}`, async () => {
      await expect(planOf(changedCase(name, { config }))).rejects.toThrow(message);
    });
  }
});

describe('settings of the wrong kind', () => {
  const refused: readonly (readonly [config: Record<string, unknown>, message: string])[] = [
    [{ architectures: undefined }, 'config.json has no "architectures"'],
    [
      { architectures: ['LamaForCausalLM'] },
      'unsupported architecture "LamaForCausalLM": convert the folder',
    ],
    [{ num_hidden_layers: 1e9 }, '"num_hidden_layers" in config.json must be an integer between 1 and 512'],
    [{ num_hidden_layers: '2' }, '"num_hidden_layers" in config.json must be an integer'],
    [{ num_attention_heads: 0 }, '"num_attention_heads" in config.json must be an integer between 1'],
    [{ hidden_size: 64.5 }, '"hidden_size" in config.json must be an integer'],
    [{ rms_norm_eps: 1e300 }, '"rms_norm_eps" in config.json must be a number that fits into 32 bits'],
    [{ rope_scaling: 'llama3' }, '"rope_scaling" in config.json must be an object'],
    [{ num_hidden_layers: 3 }, 'tensor "model.layers.2.input_layernorm.weight" is missing'],
    [{ num_hidden_layers: 1 }, 'belongs to a layer beyond the 1 that config.json states'],
    [{ intermediate_size: 128 }, 'tensor "blk.0.ffn_down.weight" would have the shape [64, 96]'],
    [
      { num_key_value_heads: 1 },
      'would have the shape [32, 64], but the settings in config.json mean [16, 64]',
    ],
    [{ vocab_size: 400 }, 'tensor "token_embd.weight" has 384 rows, but the vocabulary has 400 tokens'],
    [{ quantization_config: { quant_method: 'gptq', bits: 4 } }, 'the weights are quantized with gptq'],
  ];
  for (const [config, message] of refused) {
    it(`are refused, naming the setting: ${JSON.stringify(config)}`, async () => {
      const plan = planOf(changedCase('llama-3', { config }));
      await expect(plan).rejects.toThrow(message);
      await expect(plan).rejects.toBeInstanceOf(OllamaError);
    });
  }

  it('suggest the architectures with the most similar names first', async () => {
    const config = { architectures: ['Qwen3_MoeForCausalLM'] };
    await expect(planOf(changedCase('llama-3', { config }))).rejects.toThrow(
      /known here: Qwen3MoeForCausalLM, /,
    );
  });
});

describe('tensors', () => {
  it('are refused when the family does not know them', async () => {
    const strange: SeededTensor = ['model.layers.0.self_attn.rotary.weight', 'BF16', [4, 4]];
    await expect(planOf(changedCase('llama-3', { tensors: and(strange) }))).rejects.toThrow(
      'tensor "model.layers.0.self_attn.rotary.weight" is not known for llama',
    );
  });

  it('are refused with a bias that the engine would not use', async () => {
    const bias: SeededTensor = ['model.layers.0.self_attn.o_proj.bias', 'BF16', [64]];
    await expect(planOf(changedCase('qwen2', { tensors: and(bias) }))).rejects.toThrow(
      'is not known for qwen2',
    );
  });

  it('are named when they are missing', async () => {
    const tensors = without('model.layers.1.mlp.up_proj.weight');
    await expect(planOf(changedCase('llama-3', { tensors }))).rejects.toThrow(
      'tensor "model.layers.1.mlp.up_proj.weight" is missing',
    );
  });

  it('are named when they belong to a missing expert', async () => {
    const tensors = without('model.layers.0.block_sparse_moe.experts.1.w2.weight');
    await expect(planOf(changedCase('mixtral', { tensors }))).rejects.toThrow(
      'expert 1 of layer 0 has no "w2.weight"',
    );
  });

  it('are refused for more experts than config.json states', async () => {
    const config = { num_local_experts: 1 };
    await expect(planOf(changedCase('mixtral', { config }))).rejects.toThrow(
      'belongs to an expert beyond the 1 that config.json states',
    );
  });

  it('leave out what the engine computes, and say so', async () => {
    const buffer: SeededTensor = ['model.layers.0.self_attn.rotary_emb.inv_freq', 'F32', [8]];
    const { report, tensors } = await planOf(changedCase('llama-3', { tensors: and(buffer) }));
    expect(report.dropped).toEqual(['constants that the engine computes itself (1 tensor)']);
    expect(tensors.some(({ name }) => name.includes('inv_freq'))).toBe(false);
  });

  it('may lack the first part of their names', async () => {
    const bare = changedCase('qwen3', {
      tensors: (tensors) =>
        tensors.map(([name, ...rest]) => [name.replace(/^model\./, ''), ...rest] as const),
    });
    const names = async (folder: typeof bare) =>
      (await planOf(folder)).tensors.map(({ name }) => name).sort();
    expect(await names(bare)).toEqual(await names(changedCase('qwen3', {})));
  });
});

describe('biases of Command R7B', () => {
  // The only integer of a seeded tensor of one is 0.
  const bias = (type: 'I64' | 'F32'): SeededTensor => ['model.layers.0.input_layernorm.bias', type, [1]];

  it('are left out when they are zeros', async () => {
    const { report } = await planOf(changedCase('cohere2', { tensors: and(bias('I64')) }));
    expect(report.dropped).toEqual(['biases of zeros (1 tensor)']);
  });

  it('are refused when they are not', async () => {
    await expect(planOf(changedCase('cohere2', { tensors: and(bias('F32')) }))).rejects.toThrow(
      'tensor "model.layers.0.input_layernorm.bias" is not zero, and the engine would not use it',
    );
  });
});

describe('Gemma 3 with a part that sees pictures', () => {
  const seeing = (prefix: string) => {
    const { architectures: _, ...text } = changedCase('gemma3', {}).files['config.json'] as Record<
      string,
      unknown
    >;
    return changedCase('gemma3', {
      files: {
        'config.json': {
          architectures: ['Gemma3ForConditionalGeneration'],
          model_type: 'gemma3',
          text_config: text,
        },
      },
      tensors: (tensors) => [
        ...tensors.map(
          ([name, ...rest]) =>
            [prefix + name.replace(/^model\./, prefix.endsWith('model.') ? '' : 'model.'), ...rest] as const,
        ),
        ['vision_tower.vision_model.post_layernorm.weight', 'BF16', [8]],
        ['multi_modal_projector.mm_soft_emb_norm.weight', 'BF16', [8]],
      ],
    });
  };

  for (const prefix of ['language_model.', 'model.language_model.']) {
    it(`becomes the text part alone, and says so, from tensors named ${prefix}…`, async () => {
      const plan = await planOf(seeing(prefix));
      const plain = await planOf(changedCase('gemma3', {}));
      const facts = ({ tensors }: typeof plan) =>
        tensors.map(({ name, shape, type }) => ({ name, shape, type }));
      expect(facts(plan)).toEqual(facts(plain));
      expect(plan.metadata).toEqual(plain.metadata);
      expect(plan.report.dropped).toEqual(['the part that sees pictures (2 tensors)']);
    });
  }
});

describe('settings as published models have them', () => {
  const accepted: readonly (readonly [name: string, config: Record<string, unknown>])[] = [
    ['llama-3', { pretraining_tp: 1, rope_scaling: null, mlp_bias: false, attention_bias: false }],
    ['llama-3', { rope_scaling: { type: 'linear', factor: 4 } }],
    // As OLMo 3: 1 + 0.1 × ln 8.
    [
      'olmo3',
      {
        rope_scaling: {
          ...yarn,
          factor: 8,
          attention_factor: 1.2079441541679836,
          beta_fast: 32,
          beta_slow: 1,
        },
      },
    ],
    ['llama-2', { rope_scaling: undefined, hidden_act: 'swish' }],
    [
      'qwen2',
      { use_sliding_window: false, sliding_window: 32_768, max_window_layers: 21, rope_scaling: null },
    ],
    ['qwen3-moe', { norm_topk_prob: true, mlp_only_layers: [], decoder_sparse_step: 1 }],
    ['gemma', { hidden_act: 'gelu', hidden_activation: null, rope_scaling: null }],
    ['gemma2', { hidden_act: 'gelu_pytorch_tanh', hidden_activation: 'gelu_pytorch_tanh' }],
    ['gemma2', { rope_theta: undefined, rope_parameters: { rope_theta: 10_000, rope_type: 'default' } }],
    ['gemma3', { attn_logit_softcapping: null, final_logit_softcapping: null, sliding_window_pattern: 6 }],
    ['gemma3', { rope_scaling: { factor: 8, rope_type: 'linear' } }],
    ['smollm3', { use_sliding_window: false, sliding_window: null, rope_scaling: null }],
    ['cohere', { model_max_length: 131_072, pool_step: 1, use_qk_norm: false }],
  ];
  for (const [name, config] of accepted) {
    it(`are accepted: ${name} with ${JSON.stringify(config)}`, async () => {
      await expect(planOf(changedCase(name, { config }))).resolves.toBeDefined();
    });
  }

  it('leave the window out of OLMo 3 if no layer has one, because the engine would end', async () => {
    const config = { layer_types: Array(4).fill('full_attention') };
    const { metadata } = await planOf(changedCase('olmo3', { config }));
    expect(metadata.filter(([key]) => key.includes('sliding_window'))).toEqual([]);
  });

  it('give Command R the length that it was trained for', async () => {
    const { metadata } = await planOf(changedCase('cohere', { config: { model_max_length: 131_072 } }));
    expect(new Map(metadata).get('command-r.context_length')?.value).toBe(131_072);
  });
});

describe('warnings', () => {
  it('tell that a window of attention is not used', async () => {
    const { report } = await planOf(changedCase('mistral', { config: { sliding_window: 64 } }));
    expect(report.warnings.join()).toContain('does not use the window of 64 tokens');
  });

  it('are absent without a window', async () => {
    const { report } = await planOf(changedCase('mistral', { config: { sliding_window: null } }));
    expect(report.warnings).toEqual([]);
  });
});
