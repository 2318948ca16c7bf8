import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BaseOptions,
  factor,
  mlxPair,
  peftPair,
  sizes,
  writeAdapter,
  writeBaseModel,
} from '../../../test/fakes/import/adapter-files.ts';
import { evaluated, type Values } from '../../../test/fakes/import/evaluated.ts';
import type { TensorBytes } from '../../../test/fakes/import/safetensors-file.ts';
import type { ConvertPlan, OutputType } from '../plan/convert-plan.ts';
import { planAdapter } from './plan-adapter.ts';

const { embedding, heads, headSize, keyValueHeads, feedForward, vocabulary } = sizes;
const RANK = 4;
const QUERY = 'model.layers.0.self_attn.q_proj';
const KEY = 'model.layers.1.self_attn.k_proj';
const DOWN = 'model.layers.1.mlp.down_proj';
const queryShape = [heads * headSize, embedding] as const;
const keyShape = [keyValueHeads * headSize, embedding] as const;
const downShape = [embedding, feedForward] as const;
const peft = { peft_type: 'LORA', r: RANK, lora_alpha: 8 };
const mlx = { fine_tune_type: 'lora', num_layers: 2, lora_parameters: { rank: RANK, scale: 20, dropout: 0 } };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ollama-adapter-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Case extends BaseOptions {
  readonly config?: unknown;
  readonly tensors?: readonly TensorBytes[];
  readonly weights?: string;
  readonly type?: OutputType;
}

function plan({ config = peft, tensors, weights, type = 'auto', ...base }: Case): Promise<ConvertPlan> {
  const basePath = join(folder, 'base.gguf');
  writeBaseModel(basePath, base);
  const files = writeAdapter(folder, config, tensors ?? peftPair(QUERY, RANK, queryShape), weights);
  return planAdapter(files, { basePath, type });
}

/** What the file to write will hold. */
function written(planned: ConvertPlan, tensors: readonly TensorBytes[]): Map<string, Values> {
  // The tests' files have one tensor after the other, so that its place among them follows from its start.
  const starts = new Map<number, TensorBytes>();
  let start = 0;
  for (const tensor of tensors) {
    starts.set(start, tensor);
    start += tensor.bytes.length;
  }
  const first = Math.min(...planned.tensors.flatMap(({ data }) => sourcesOf(data)));
  return new Map(
    planned.tensors.map(({ name, data }) => [
      name,
      evaluated(data, (source) => {
        const tensor = starts.get(source.start - first);
        if (!tensor) throw new Error(`nothing starts at ${source.start}`);
        return { shape: tensor.shape, values: [...new Float32Array(tensor.bytes.slice().buffer)] };
      }),
    ]),
  );
}

function sourcesOf(data: unknown): number[] {
  if (typeof data !== 'object' || data === null) return [];
  const own = 'tensor' in data ? [(data.tensor as { start: number }).start] : [];
  return [...own, ...Object.values(data).flatMap(sourcesOf)];
}

function alphaOf({ metadata }: ConvertPlan): unknown {
  return metadata.find(([key]) => key === 'adapter.lora.alpha')?.[1].value;
}

describe('adapters of PEFT', () => {
  it('become the tensors and keys of the reference, with the rows of B of query and key interleaved', async () => {
    const tensors = [
      ...peftPair(QUERY, RANK, queryShape),
      ...peftPair(KEY, RANK, keyShape),
      ...peftPair(DOWN, RANK, downShape),
    ];
    const planned = await plan({ tensors });
    expect(planned.metadata).toEqual([
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['general.type', { type: 'string', value: 'adapter' }],
      ['adapter.type', { type: 'string', value: 'lora' }],
      ['adapter.lora.alpha', { type: 'f32', value: 8 }],
      ['general.quantization_version', { type: 'u32', value: 2 }],
    ]);
    expect(planned.tensors.map(({ name, shape, type }) => [name, shape, type])).toEqual([
      ['blk.0.attn_q.weight.lora_a', [embedding, RANK], 0],
      ['blk.0.attn_q.weight.lora_b', [RANK, heads * headSize], 0],
      ['blk.1.ffn_down.weight.lora_a', [feedForward, RANK], 0],
      ['blk.1.ffn_down.weight.lora_b', [RANK, embedding], 0],
      ['blk.1.attn_k.weight.lora_a', [embedding, RANK], 0],
      ['blk.1.attn_k.weight.lora_b', [RANK, keyValueHeads * headSize], 0],
    ]);
    const values = written(planned, tensors);
    const rows = (name: string) => chunks(values.get(name)?.values ?? [], RANK);
    const given = chunks([...new Float32Array(tensors[1]?.bytes.slice().buffer ?? [])], RANK);
    expect(rows('blk.0.attn_q.weight.lora_b').slice(0, 4)).toEqual([given[0], given[4], given[1], given[5]]);
    expect(rows('blk.0.attn_q.weight.lora_a').flat()).toEqual([
      ...new Float32Array(tensors[0]?.bytes.slice().buffer ?? []),
    ]);
  });

  it('keep a smaller type if one is asked for, and F16 where rows are too short for blocks', async () => {
    const types = async (type: OutputType) => (await plan({ type })).tensors.map((tensor) => tensor.type);
    expect(await types('F16')).toEqual([1, 1]);
    expect(await types('BF16')).toEqual([30, 30]);
    expect(await types('Q8_0')).toEqual([8, 1]);
  });

  it('with rsLoRA have the alpha that the engine divides by the rank, where PEFT divides by its root', async () => {
    expect(alphaOf(await plan({ config: { ...peft, use_rslora: true } }))).toBeCloseTo(
      8 * Math.sqrt(RANK),
      6,
    );
  });

  it('with several ranks keep one alpha, and with rsLoRA carry the difference in B', async () => {
    const tensors = [...peftPair(QUERY, RANK, queryShape), ...peftPair(DOWN, 16, downShape)];
    const plain = await plan({ tensors, config: { ...peft, rank_pattern: { down_proj: 16 } } });
    expect(alphaOf(plain)).toBe(8);
    expect(JSON.stringify(plain.tensors)).not.toContain('affine');
    const rooted = await plan({
      tensors,
      config: { ...peft, use_rslora: true, rank_pattern: { down_proj: 16 } },
    });
    expect(alphaOf(rooted)).toBe(16);
    expect(rooted.tensors.find(({ name }) => name === 'blk.1.ffn_down.weight.lora_b')?.data).toMatchObject({
      kind: 'affine',
      factor: 2,
      offset: 0,
    });
  });

  it('with alpha_pattern are as strong as the first key that ends their name says', async () => {
    const tensors = [
      ...peftPair(QUERY, RANK, queryShape),
      ...peftPair(KEY, RANK, keyShape),
      ...peftPair(DOWN, RANK, downShape),
    ];
    const alpha_pattern = {
      '^k_proj': 1,
      'layers.0.self_attn.q_proj': 16,
      'self_attn\\.k_proj': 4,
      k_proj: 2,
    };
    const planned = await plan({ tensors, config: { ...peft, alpha_pattern } });
    expect(alphaOf(planned)).toBe(16);
    const factors = planned.tensors
      .filter(({ name }) => name.endsWith('_b'))
      .map(({ name, data }) => [name, factorOf(data)]);
    expect(Object.fromEntries(factors)).toEqual({
      'blk.0.attn_q.weight.lora_b': 1,
      'blk.1.attn_k.weight.lora_b': 4 / 16,
      'blk.1.ffn_down.weight.lora_b': 8 / 16,
    });
  });

  it('of models without a head have names without the first part', async () => {
    const planned = await plan({ tensors: peftPair('layers.0.self_attn.v_proj', RANK, keyShape) });
    expect(planned.tensors.map(({ name }) => name)).toEqual([
      'blk.0.attn_v.weight.lora_a',
      'blk.0.attn_v.weight.lora_b',
    ]);
  });

  it('may change the embedding, whose A lies with a row for each token', async () => {
    const name = 'base_model.model.model.embed_tokens';
    const tensors = [
      factor(`${name}.base_layer.weight`, [vocabulary, embedding]),
      factor(`${name}.lora_embedding_A`, [RANK, vocabulary]),
      factor(`${name}.lora_embedding_B`, [embedding, RANK]),
    ];
    const planned = await plan({ tensors });
    expect(planned.report.dropped).toEqual([`${name}.base_layer.weight`]);
    expect(planned.tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['token_embd.weight.lora_a', [RANK, vocabulary]],
      ['token_embd.weight.lora_b', [RANK, embedding]],
    ]);
  });
});

describe('adapters of mlx-lm', () => {
  it('become the same as PEFT ones, with their factors turned and scale times rank as alpha', async () => {
    const tensors = [...mlxPair(QUERY, RANK, queryShape), ...mlxPair(DOWN, RANK, downShape)];
    const planned = await plan({ config: mlx, tensors, weights: 'adapters.safetensors' });
    expect(planned.report.source).toBe('MLX');
    expect(alphaOf(planned)).toBe(20 * RANK);
    const values = written(planned, tensors);
    const given = new Float32Array(tensors[0]?.bytes.slice().buffer ?? []);
    expect(values.get('blk.0.attn_q.weight.lora_a')).toEqual({
      shape: [RANK, embedding],
      values: Array.from(
        { length: RANK * embedding },
        (_, index) => given[(index % embedding) * RANK + Math.floor(index / embedding)],
      ),
    });
    expect(values.get('blk.1.ffn_down.weight.lora_b')?.shape).toEqual([embedding, RANK]);
  });

  it('may change stacked experts, which lie as the engine has them', async () => {
    const name = 'model.layers.1.block_sparse_moe.switch_mlp.down_proj';
    const tensors = [
      factor(`${name}.lora_a`, [3, RANK, feedForward]),
      factor(`${name}.lora_b`, [3, embedding, RANK]),
    ];
    const planned = await plan({ config: mlx, tensors, experts: 3 });
    expect(planned.tensors.map(({ name, shape, data }) => [name, shape, data.kind])).toEqual([
      ['blk.1.ffn_down_exps.weight.lora_a', [feedForward, RANK, 3], 'source'],
      ['blk.1.ffn_down_exps.weight.lora_b', [RANK, embedding, 3], 'source'],
    ]);
  });
});

describe('refused adapters', () => {
  const scale = { scale: 20 };
  const refused: readonly (readonly [what: string, Case, message: RegExp])[] = [
    [
      'DoRA',
      { config: { ...peft, use_dora: true } },
      /^DoRA adapters cannot be used: merge it into the model first/,
    ],
    [
      'DoRA by its tensors',
      { tensors: [factor(`base_model.model.${QUERY}.lora_magnitude_vector.weight`, [32])] },
      /^DoRA/,
    ],
    [
      'whole modules',
      { config: { ...peft, modules_to_save: ['lm_head'] } },
      /^the adapter trains "lm_head" whole \(modules_to_save\)/,
    ],
    [
      'whole tensors',
      { tensors: [factor('base_model.model.lm_head.weight', [vocabulary, embedding])] },
      /"base_model.model.lm_head.weight", which is not a factor/,
    ],
    ['biases', { config: { ...peft, lora_bias: true } }, /trains biases/],
    [
      'parameters',
      { config: { ...peft, target_parameters: ['mlp.experts.down_proj'] } },
      /target_parameters/,
    ],
    ['aLoRA', { config: { ...peft, alora_invocation_tokens: [1, 2] } }, /works only after certain tokens/],
    [
      'PiSSA',
      { config: { ...peft, init_lora_weights: 'pissa_niter_4' } },
      /fits only a base model that training changed/,
    ],
    ['IA3', { config: { peft_type: 'IA3' } }, /^"IA3" adapters cannot be used/],
    [
      'an alpha of zero',
      { config: { ...peft, lora_alpha: 0 } },
      /"lora_alpha" in adapter_config.json must be a number other than 0/,
    ],
    [
      'an alpha in quotes',
      { config: { ...peft, lora_alpha: '16' } },
      /"lora_alpha" in adapter_config.json must be a number/,
    ],
    [
      'a pattern',
      { config: { ...peft, alpha_pattern: { '(.*)+x': 3 } } },
      /"\(\.\*\)\+x" of "alpha_pattern".*regular expressions are not supported/,
    ],
    [
      'another class',
      { config: { ...peft, auto_mapping: { base_model_class: 'LlamaForCausalLM' } }, architecture: 'qwen3' },
      /^the adapter is for LlamaForCausalLM, the base model is qwen3$/,
    ],
    [
      'another architecture',
      { architecture: 'rwkv7' },
      /^adapters of "rwkv7" models cannot be converted: convert it with/,
    ],
    [
      'an unknown module',
      { tensors: peftPair('model.layers.0.cross_attn.q_proj', RANK, queryShape) },
      /changes "model.layers.0.cross_attn.q_proj", which is not known for llama/,
    ],
    [
      'more layers',
      { tensors: peftPair('model.layers.2.self_attn.q_proj', RANK, queryShape) },
      /the base model has no blk.2.attn_q.weight \(it has 2 layers\)/,
    ],
    [
      'other sizes',
      { tensors: peftPair(QUERY, RANK, [32, 16]) },
      /does not fit the base model: "model.layers.0.self_attn.q_proj" is for weights of \[32, 16\], blk.0.attn_q.weight has \[32, 32\]/,
    ],
    [
      'rows of no heads',
      { tensors: peftPair(QUERY, RANK, [30, 32]) },
      /"model.layers.0.self_attn.q_proj".*30 rows/,
    ],
    [
      'half a pair',
      { tensors: peftPair(QUERY, RANK, queryShape).slice(1) },
      /^the factor lora_A of "model.layers.0.self_attn.q_proj" is missing$/,
    ],
    [
      'ranks that differ',
      {
        tensors: [
          factor(`base_model.model.${QUERY}.lora_A.weight`, [3, 32]),
          factor(`base_model.model.${QUERY}.lora_B.weight`, [32, 4]),
        ],
      },
      /do not fit together: lora_A \[3, 32\], lora_B \[32, 4\]/,
    ],
    ['a rank of zero', { tensors: peftPair(QUERY, 0, queryShape) }, /do not fit together/],
    [
      'integers',
      { tensors: peftPair(QUERY, RANK, queryShape).map((tensor) => ({ ...tensor, type: 'I32' as const })) },
      /has the type I32: factors of LoRA are floats/,
    ],
    [
      'two names of one module',
      {
        tensors: [
          ...peftPair(QUERY, RANK, queryShape),
          ...peftPair(QUERY.replace('model.', ''), RANK, queryShape),
        ],
      },
      /changes blk.0.attn_q.weight twice/,
    ],
    ['no tensors', { tensors: [] }, /holds no factors of LoRA/],
    [
      'a shared output',
      { hasOutput: false, tensors: peftPair('lm_head', RANK, [vocabulary, embedding]) },
      /"lm_head", which the base model shares with its token embedding/,
    ],
    [
      'a shared embedding',
      {
        hasOutput: false,
        tensors: [
          factor('base_model.model.model.embed_tokens.lora_embedding_A', [RANK, vocabulary]),
          factor('base_model.model.model.embed_tokens.lora_embedding_B', [embedding, RANK]),
        ],
      },
      /which the base model also uses for its output/,
    ],
    ['whole weights of mlx-lm', { config: { ...mlx, fine_tune_type: 'full' } }, /fine_tune_type "full"/],
    ['DoRA of mlx-lm', { config: { ...mlx, fine_tune_type: 'dora' } }, /^DoRA/],
    ['no scale', { config: { ...mlx, lora_parameters: { rank: 4 } } }, /has no "scale"/],
    [
      'other numbers of experts',
      {
        config: mlx,
        experts: 3,
        tensors: [
          factor('model.layers.0.mlp.switch_mlp.up_proj.lora_a', [2, RANK, embedding]),
          factor('model.layers.0.mlp.switch_mlp.up_proj.lora_b', [2, feedForward, RANK]),
        ],
      },
      /is for weights of \[2, 48, 32\], blk.0.ffn_up_exps.weight has \[3, 48, 32\]/,
    ],
    [
      'experts for a model without them',
      { tensors: peftPair('model.layers.0.block_sparse_moe.experts.0.w3', RANK, [feedForward, embedding]) },
      /base model has no experts: name the model that the adapter was made for/,
    ],
    [
      'other factors',
      {
        config: { lora_parameters: scale },
        tensors: [factor(`${QUERY}.lora_a`, [32, 3]), factor(`${QUERY}.lora_b`, [4, 32])],
      },
      /do not fit together: lora_a \[32, 3\]/,
    ],
    ['JSON that is none', { config: '{' }, /adapter_config.json is not valid JSON/],
  ];
  it.each(refused)('%s: the message says what and what to do', async (_, input, message) => {
    await expect(plan(input)).rejects.toMatchObject({
      name: 'OllamaError',
      message: expect.stringMatching(message),
    });
  });
});

function chunks(values: readonly number[], size: number): number[][] {
  return Array.from({ length: values.length / size }, (_, at) => values.slice(at * size, (at + 1) * size));
}

/** The product of the factors in a tree of one branch. */
function factorOf(data: ConvertPlan['tensors'][number]['data']): number {
  const own = data.kind === 'affine' ? data.factor : 1;
  return 'of' in data && 'kind' in data.of ? own * factorOf(data.of) : own;
}
