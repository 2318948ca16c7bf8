import type { Config } from '../hugging-face/config.ts';
import { activation, decoderMetadata, must } from './decoder.ts';
import { decoderShapes } from './decoder-shapes.ts';
import type { Family, MetadataRow, ShapeTable } from './family.ts';
import { flag, poolingRow, row } from './metadata-rows.ts';

const widths = ['hidden_size', 'n_embd'];

/** Keys of models that embed a text as a whole. */
export const embeddingMetadata: readonly MetadataRow[] = [
  ...decoderMetadata,
  row('attention.causal', () => flag(false)),
  poolingRow,
];

/** Norms, and the kinds of text of which the engine uses the first. */
export const encoderShapes: ShapeTable = {
  token_types: (config) => [config.integer('type_vocab_size'), config.integer(widths)],
  token_embd_norm: (config) => [config.integer(widths)],
  'blk.N.attn_output_norm': (config) => [config.integer(widths)],
  'blk.N.layer_output_norm': (config) => [config.integer(widths)],
};

const squareShape = (config: Config) => [config.integer('hidden_size'), config.integer('hidden_size')];

/** Linear layers and norms with a bias, as all of them have it. */
const layers = {
  'encoder.layer.N.attention.self.query': 'blk.N.attn_q',
  'encoder.layer.N.attention.self.key': 'blk.N.attn_k',
  'encoder.layer.N.attention.self.value': 'blk.N.attn_v',
  'encoder.layer.N.attention.output.dense': 'blk.N.attn_output',
  'encoder.layer.N.attention.output.LayerNorm': 'blk.N.attn_output_norm',
  'encoder.layer.N.intermediate.dense': 'blk.N.ffn_up',
  'encoder.layer.N.output.dense': 'blk.N.ffn_down',
  'encoder.layer.N.output.LayerNorm': 'blk.N.layer_output_norm',
};

/** BERT and its kin, such as MiniLM, BGE and E5, of which the engine computes embeddings. */
export const bert: Family = {
  names: ['BertModel', 'BertForMaskedLM'],
  architecture: 'bert',
  modelTypes: ['bert'],
  tokenizer: 'word-piece',
  embeds: 'always',
  metadata: embeddingMetadata,
  tensors: {
    'embeddings.word_embeddings': 'token_embd',
    'embeddings.position_embeddings': 'position_embd',
    'embeddings.token_type_embeddings': 'token_types',
    'embeddings.LayerNorm': 'token_embd_norm',
    ...layers,
  },
  biases: [{ of: ['embeddings.LayerNorm', ...Object.keys(layers)], required: true }],
  shapes: {
    ...decoderShapes,
    ...encoderShapes,
    'blk.N.attn_k': squareShape,
    'blk.N.attn_v': squareShape,
    position_embd: (config) => [config.integer('max_position_embeddings'), config.integer('hidden_size')],
  },
  rename: (name) =>
    name
      .replace(/^bert\./, '')
      .replace(/\.gamma$/, '.weight')
      .replace(/\.beta$/, '.bias'),
  leaveOut: (name) => heads.find(({ pattern }) => pattern.test(name))?.words,
  checks: [
    // The engine approximates GELU by tanh whichever is asked for.
    activation('hidden_act', 'gelu', 'gelu_new', 'gelu_pytorch_tanh'),
    must('position_embedding_type', 'absolute'),
    must('is_decoder', false),
  ],
};

/** Parts of the folder that embeddings do not need. */
const heads = [
  { pattern: /^embeddings\.position_ids$/, words: 'constants that the engine computes itself' },
  { pattern: /^pooler\.dense\./, words: 'the pooling layer of BERT, which embeddings do not use' },
  { pattern: /^cls\./, words: 'the heads with which BERT was trained' },
];
