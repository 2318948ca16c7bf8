import type { GgufValue } from '../../../src/gguf/types.ts';
import { listOf, type TensorContent, writeGguf } from '../../../src/gguf/writer.ts';

/** Numbers of `llama_pooling_type`. */
const poolingNumbers = { none: 0, mean: 1, cls: 2, last: 3, rank: 4 } as const;

export interface BertConfig {
  readonly name: string;
  readonly layers: number;
  readonly heads: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly contextLength: number;
  readonly pooling: keyof typeof poolingNumbers;
  /** WordPiece tokens as in `vocab.txt`: "##" continues a word. */
  readonly vocabulary: readonly string[];
  readonly metadata?: Readonly<Record<string, GgufValue>>;
}

/** Values of a tensor, by its name in published BERT weights; rows are outputs. */
export type BertWeights = (name: string, shape: readonly number[]) => Float32Array;

const F32 = 0;
const EPSILON = 1e-12;
const SEGMENTS = 2;
const markers = /^\[(PAD|UNK|CLS|SEP|MASK|unused\d+)\]$/;
/** llama.cpp's `llama_token_type`. */
const tokenTypes = { normal: 1, control: 3 } as const;

/** Writes a GGUF file of the architecture `bert`. */
export async function writeBertGguf(path: string, config: BertConfig, weights: BertWeights): Promise<void> {
  await writeGguf(path, { metadata: metadataOf(config), tensors: tensorsOf(config, weights) });
}

function metadataOf(config: BertConfig): Record<string, GgufValue> {
  const { vocabulary } = config;
  const u32 = (value: number): GgufValue => ({ type: 'u32', value });
  const text = (value: string): GgufValue => ({ type: 'string', value });
  const id = (token: string) => u32(vocabulary.indexOf(token));
  return {
    'general.architecture': text('bert'),
    'general.type': text('model'),
    'general.name': text(config.name),
    'general.file_type': u32(0),
    'bert.context_length': u32(config.contextLength),
    'bert.embedding_length': u32(config.embedding),
    'bert.block_count': u32(config.layers),
    'bert.feed_forward_length': u32(config.feedForward),
    'bert.attention.head_count': u32(config.heads),
    'bert.attention.layer_norm_epsilon': { type: 'f32', value: EPSILON },
    'bert.attention.causal': { type: 'bool', value: false },
    'bert.pooling_type': u32(poolingNumbers[config.pooling]),
    'tokenizer.ggml.model': text('bert'),
    'tokenizer.ggml.token_type_count': u32(SEGMENTS),
    'tokenizer.ggml.tokens': listOf('string', vocabulary.map(ggufToken)),
    'tokenizer.ggml.token_type': listOf(
      'i32',
      vocabulary.map((token) => (markers.test(token) ? tokenTypes.control : tokenTypes.normal)),
    ),
    'tokenizer.ggml.bos_token_id': id('[CLS]'),
    'tokenizer.ggml.unknown_token_id': id('[UNK]'),
    'tokenizer.ggml.seperator_token_id': id('[SEP]'),
    'tokenizer.ggml.padding_token_id': id('[PAD]'),
    ...config.metadata,
  };
}

/** llama.cpp marks the start of a word, WordPiece its continuation. */
function ggufToken(token: string): string {
  if (markers.test(token)) return token;
  return token.startsWith('##') ? token.slice(2) : `▁${token}`;
}

function tensorsOf(config: BertConfig, weights: BertWeights): TensorContent[] {
  const { embedding, feedForward, contextLength, vocabulary, layers } = config;
  const tensor = (name: string, source: string, shape: readonly number[]): TensorContent => {
    const values = weights(source, shape);
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return { name, type: F32, shape: [...shape].reverse(), data };
  };
  const affine = (name: string, source: string, ...shape: number[]) => [
    tensor(`${name}.weight`, `${source}.weight`, shape),
    tensor(`${name}.bias`, `${source}.bias`, shape.slice(0, 1)),
  ];
  const layer = (index: number): TensorContent[] => {
    const [to, from] = [`blk.${index}`, `encoder.layer.${index}`];
    return [
      ...affine(`${to}.attn_q`, `${from}.attention.self.query`, embedding, embedding),
      ...affine(`${to}.attn_k`, `${from}.attention.self.key`, embedding, embedding),
      ...affine(`${to}.attn_v`, `${from}.attention.self.value`, embedding, embedding),
      ...affine(`${to}.attn_output`, `${from}.attention.output.dense`, embedding, embedding),
      ...affine(`${to}.attn_output_norm`, `${from}.attention.output.LayerNorm`, embedding),
      ...affine(`${to}.ffn_up`, `${from}.intermediate.dense`, feedForward, embedding),
      ...affine(`${to}.ffn_down`, `${from}.output.dense`, embedding, feedForward),
      ...affine(`${to}.layer_output_norm`, `${from}.output.LayerNorm`, embedding),
    ];
  };
  const head = () => [
    ...affine('cls', 'classifier.dense', embedding, embedding),
    ...affine('cls.output', 'classifier.out_proj', 1, embedding),
  ];
  return [
    tensor('token_embd.weight', 'embeddings.word_embeddings.weight', [vocabulary.length, embedding]),
    tensor('position_embd.weight', 'embeddings.position_embeddings.weight', [contextLength, embedding]),
    tensor('token_types.weight', 'embeddings.token_type_embeddings.weight', [SEGMENTS, embedding]),
    ...affine('token_embd_norm', 'embeddings.LayerNorm', embedding),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    ...(config.pooling === 'rank' ? head() : []),
  ];
}
