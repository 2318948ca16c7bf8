import type { Config } from '../hugging-face/config.ts';
import { embeddingMetadata, encoderShapes } from './bert.ts';
import { activation, must } from './decoder.ts';
import type { ConfigCheck, Family } from './family.ts';

/** Tokens for which nomic-embed-text v1 and v1.5 were trained; they state more. */
const TRAINED_CONTEXT = 2048;
const STATED_CONTEXT = 8192;

const norms = ['emb_ln', 'encoder.layers.N.norm1', 'encoder.layers.N.norm2'];

/** nomic-embed-text v1 and v1.5: BERT with a rope and gated feed-forward layers. */
export const nomicBert: Family = {
  names: ['NomicBertModel'],
  architecture: 'nomic-bert',
  modelTypes: ['nomic_bert'],
  tokenizer: 'word-piece',
  embeds: 'always',
  metadata: embeddingMetadata,
  tensors: {
    'embeddings.word_embeddings': 'token_embd',
    'embeddings.token_type_embeddings': 'token_types',
    emb_ln: 'token_embd_norm',
    'encoder.layers.N.attn.Wqkv': 'blk.N.attn_qkv',
    'encoder.layers.N.attn.out_proj': 'blk.N.attn_output',
    'encoder.layers.N.norm1': 'blk.N.attn_output_norm',
    'encoder.layers.N.mlp.fc11': 'blk.N.ffn_up',
    'encoder.layers.N.mlp.fc12': 'blk.N.ffn_gate',
    'encoder.layers.N.mlp.fc2': 'blk.N.ffn_down',
    'encoder.layers.N.norm2': 'blk.N.layer_output_norm',
  },
  biases: [{ of: norms, required: true }],
  shapes: {
    ...encoderShapes,
    'blk.N.attn_qkv': (config) => [3 * config.integer('n_embd'), config.integer('n_embd')],
    'blk.N.attn_output': (config) => [config.integer('n_embd'), config.integer('n_embd')],
    'blk.N.ffn_gate': (config) => [config.integer('n_inner'), config.integer('n_embd')],
    'blk.N.ffn_up': (config) => [config.integer('n_inner'), config.integer('n_embd')],
    'blk.N.ffn_down': (config) => [config.integer('n_embd'), config.integer('n_inner')],
  },
  complete: (config) =>
    config.with({ n_positions: TRAINED_CONTEXT, stated_positions: config.value('n_positions') }),
  checks: [
    withoutExperts,
    activation('activation_function', 'swiglu'),
    must('stated_positions', STATED_CONTEXT),
    must('max_trained_positions', TRAINED_CONTEXT),
    must('causal', false),
    must('prenorm', false),
    must('qkv_proj_bias', false),
    must('mlp_fc1_bias', false),
    must('mlp_fc2_bias', false),
    must('rotary_emb_fraction', 1),
    must('rotary_emb_interleaved', false),
  ],
};

function withoutExperts(config: Config): ReturnType<ConfigCheck> {
  if ((config.optionalInteger('moe_every_n_layers') ?? 0) === 0) return undefined;
  return "models of NomicBertModel with experts (nomic-embed-text-v2-moe) have a tokenizer that is not read yet: convert the folder with llama.cpp's convert_hf_to_gguf.py and create from the .gguf";
}
