import { expect, it } from 'vitest';
import type { GgufTensor } from '../gguf/types.ts';
import { parseTargetType } from './target-type.ts';
import { tensorOverrides } from './tensor-overrides.ts';

const tensor = (name: string, typeName: string, type: number, shape = [256, 4]): GgufTensor => ({
  name,
  typeName,
  type,
  shape,
  offset: 0,
  byteSize: 0,
});
const weights = tensor('blk.0.attn_q.weight', 'F16', 1);
const overrides = (architecture: string, type: string, tensors: GgufTensor[] = [weights]) =>
  tensorOverrides(architecture, parseTargetType(type), tensors);

it.each([
  ['qwen35', ['^blk\\.[0-9]+\\.nextn\\.eh_proj\\.weight$'], 8],
  ['gemma3n', ['^per_layer_token_embd\\.weight$'], 1],
  ['glm4', ['^token_embd\\.weight$', '^output\\.weight$'], 1],
])('%s keeps its sensitive tensors with the 4-bit K types', (architecture, patterns, type) => {
  for (const target of ['Q4_K_S', 'Q4_K_M'])
    expect(overrides(architecture, target)).toEqual(patterns.map((pattern) => ({ pattern, type })));
  expect(overrides(architecture, 'Q8_0')).toEqual([]);
});

it('the latent attention of deepseek2 keeps 8 bits', () => {
  expect(overrides('deepseek2', 'Q4_K_M')).toHaveLength(5);
  expect(overrides('deepseek2', 'Q4_K_M')).toContainEqual({ pattern: 'attn_k_b\\.weight$', type: 8 });
});

it('other architectures have no exceptions', () => {
  expect(overrides('llama', 'Q4_K_M')).toEqual([]);
  expect(overrides('constructor', 'Q4_K_M')).toEqual([]);
});

it('vision and already quantized tensors keep their type, with one pattern for all blocks', () => {
  const tensors = [
    weights,
    tensor('v.blk.0.attn_q.weight', 'F16', 1),
    tensor('v.blk.1.attn_q.weight', 'F16', 1),
    tensor('v.ln.weight', 'F32', 0, [256]),
    tensor('blk.0.ffn_up_exps.weight', 'MXFP4', 39),
    tensor('blk.11.ffn_up_exps.weight', 'MXFP4', 39),
    tensor('blk.0.table', 'I32', 26),
  ];
  const kept = overrides('gptoss', 'Q4_K_M', tensors);
  expect(kept).toEqual([
    { pattern: '^v\\.blk\\.[0-9]+\\.attn_q\\.weight$', type: 1 },
    { pattern: '^blk\\.[0-9]+\\.ffn_up_exps\\.weight$', type: 39 },
  ]);
  const matches = (name: string) => kept.some(({ pattern }) => new RegExp(pattern).test(name));
  expect(tensors.map(({ name }) => matches(name))).toEqual([false, true, true, false, true, true, false]);
});

it('a name with regular expression characters is matched literally', () => {
  const [only] = overrides('llama', 'Q8_0', [tensor('v.(a+)+$[weight', 'F16', 1)]);
  expect(new RegExp(only?.pattern ?? '').test('v.(a+)+$[weight')).toBe(true);
});

it('quantized tensors lose their type where they are to be converted; those beside the language model keep it', () => {
  const tensors = [
    tensor('blk.0.attn_q.weight', 'Q4_1', 3),
    tensor('blk.0.attn_k.weight', 'Q6_K', 14),
    tensor('v.blk.0.attn_q.weight', 'Q4_1', 3),
  ];
  const kept = tensorOverrides(
    'llama',
    parseTargetType('Q8_0'),
    tensors,
    ({ typeName }) => typeName === 'Q4_1',
  );
  expect(kept).toEqual([
    { pattern: '^blk\\.[0-9]+\\.attn_k\\.weight$', type: 14 },
    { pattern: '^v\\.blk\\.[0-9]+\\.attn_q\\.weight$', type: 3 },
  ]);
});
