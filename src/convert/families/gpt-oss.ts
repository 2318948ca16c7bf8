import { OllamaError } from '../../base/errors.ts';
import type { Config } from '../hugging-face/config.ts';
import { activation, attentionTensors, decoderMetadata, fullEvery, must, queryKeyValue } from './decoder.ts';
import { decoderShapes, expertShapes } from './decoder-shapes.ts';
import type { Family, SourceTensor } from './family.ts';
import { integer, integerRow, row } from './metadata-rows.ts';
import { knownRopeType, yarnBounds, yarnGrows } from './rope.ts';
import { everyOther, withTurnedMatrices } from './source-operations.ts';

const attention = [...queryKeyValue, 'model.layers.N.self_attn.o_proj'];
const experts = [
  'model.layers.N.mlp.experts.gate_proj',
  'model.layers.N.mlp.experts.up_proj',
  'model.layers.N.mlp.experts.down_proj',
];

/** `general.file_type` of files whose experts have 4 bits: llama.cpp's `LLAMA_FTYPE_MOSTLY_MXFP4_MOE`. */
const MXFP4_FILE_TYPE = 38;

/** `general.file_type` of Q8_0, which stays although the experts have 4 bits. */
const Q8_0_FILE_TYPE = 7;

/**
 * gpt-oss, whose experts are published with 4 bits and stay so. Gate and up of the experts alternate row by row in one
 * tensor, and are taken apart.
 */
export const gptOss: Family = {
  names: ['GptOssForCausalLM'],
  architecture: 'gpt-oss',
  modelTypes: ['gpt_oss'],
  tokenizer: 'bpe',
  quantization: ['mxfp4'],
  neededKeys: ['attention.sliding_window', 'expert_feed_forward_length', 'expert_count'],
  metadata: [
    ...decoderMetadata,
    row('general.file_type', ({ config, fileType }) =>
      integer(isPacked(config) && fileType !== Q8_0_FILE_TYPE ? MXFP4_FILE_TYPE : fileType),
    ),
    integerRow('attention.sliding_window', 'sliding_window'),
    integerRow('expert_feed_forward_length', 'intermediate_size'),
  ],
  tensors: {
    ...attentionTensors,
    'model.layers.N.self_attn.sinks': { to: 'blk.N.attn_sinks.weight' },
    'model.layers.N.post_attention_layernorm': 'blk.N.post_attention_norm',
    'model.layers.N.mlp.router': 'blk.N.ffn_gate_inp',
    'model.layers.N.mlp.experts.gate_proj': 'blk.N.ffn_gate_exps',
    'model.layers.N.mlp.experts.up_proj': 'blk.N.ffn_up_exps',
    'model.layers.N.mlp.experts.down_proj': 'blk.N.ffn_down_exps',
  },
  biases: [{ of: [...attention, 'model.layers.N.mlp.router', ...experts], required: true }],
  shapes: {
    ...decoderShapes,
    'blk.N.attn_sinks': (config) => [config.integer('num_attention_heads')],
    ...expertShapes('intermediate_size', 'num_local_experts'),
  },
  sources: separateExperts,
  checks: [
    activation('hidden_act', 'silu'),
    must('tie_word_embeddings', false),
    must('swiglu_limit', 7),
    knownRopeType,
    yarnGrows,
    // Published so; docs/importing.md says how much it matters.
    yarnBounds('truncate'),
    fullEvery(2),
  ],
};

function isPacked(config: Config): boolean {
  return config.optionalSection('quantization_config')?.optionalText('quant_method') === 'mxfp4';
}

/**
 * Gives the parts of the experts names and shapes of their own. Packed ones come before all other tensors, as the reference
 * writes them.
 */
function separateExperts(tensors: readonly SourceTensor[]): readonly SourceTensor[] {
  const packed: SourceTensor[] = [];
  const others: SourceTensor[] = [];
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const tensor of tensors) {
    const { name } = tensor;
    if (name.endsWith('_scales') && byName.has(blocksName(name))) packed.push(...unpacked(tensor, byName));
    else if (!name.endsWith('_blocks')) others.push(...separated(tensor));
    else if (!byName.has(name.replace(/_blocks$/, '_scales'))) throw withoutScales(name);
  }
  return [...packed, ...others];
}

function blocksName(scalesName: string): string {
  return scalesName.replace(/_scales$/, '_blocks');
}

/** Experts of 4 bits: a tensor of pairs of values, and one of exponents. */
function unpacked(scales: SourceTensor, byName: ReadonlyMap<string, SourceTensor>): readonly SourceTensor[] {
  const blocks = byName.get(blocksName(scales.name));
  if (!blocks) return [];
  const base = scales.name.slice(0, -'_scales'.length);
  if (!base.endsWith('.gate_up_proj')) return [packedTensor(`${base}.weight`, blocks, scales)];
  return ([0, 1] as const).map((start) =>
    packedTensor(
      partName(base, start, '.weight'),
      everyOther(blocks, 1, start),
      everyOther(scales, 1, start),
    ),
  );
}

function packedTensor(name: string, blocks: SourceTensor, scales: SourceTensor): SourceTensor {
  return { ...blocks, name, data: { kind: 'mxfp4', blocks: blocks.data, scales: scales.data } };
}

/** Experts of 16 bits have their inputs first, and the rows of gate and up as columns. */
function separated(tensor: SourceTensor): readonly SourceTensor[] {
  const { name } = tensor;
  if (!name.includes('.mlp.experts.')) return [tensor];
  const isBias = name.endsWith('_bias');
  const base = isBias ? name.slice(0, -'_bias'.length) : name;
  const suffix = isBias ? '.bias' : '.weight';
  const turned = isBias ? tensor : withTurnedMatrices(tensor);
  if (base.endsWith('.down_proj')) return [{ ...turned, name: base + suffix }];
  if (!base.endsWith('.gate_up_proj')) return [tensor];
  return ([0, 1] as const).map((start) => ({
    ...everyOther(turned, 1, start),
    name: partName(base, start, suffix),
  }));
}

/** @param start 0 for the rows of the gate, 1 for those between them */
function partName(base: string, start: 0 | 1, suffix: string): string {
  return base.replace(/gate_up_proj$/, start === 0 ? 'gate_proj' : 'up_proj') + suffix;
}

function withoutScales(name: string): OllamaError {
  return new OllamaError('invalid-request', `tensor "${name}" has no scales: part of the model is missing`);
}
