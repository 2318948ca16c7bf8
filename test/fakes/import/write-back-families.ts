/** Names, settings and layouts of two families in Hugging Face's form, written down apart from the tables of the import. */
import { metadataNumber } from '../../../src/gguf/metadata.ts';
import type { GgufFile, GgufTensor } from '../../../src/gguf/types.ts';

export interface WrittenBackFamily {
  readonly nameOf: (ggufName: string) => string;
  readonly config: (file: GgufFile) => Record<string, unknown>;
  /** The tensor's bytes as the folder has them. */
  readonly valuesOf: (tensor: GgufTensor, bytes: Uint8Array, number: (key: string) => number) => Uint8Array;
}

const sharedNames: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

function namesOf(own: Readonly<Record<string, string>>): (ggufName: string) => string {
  const layerNames: Readonly<Record<string, string>> = { ...sharedNames, ...own };
  return (ggufName) => {
    if (ggufName === 'token_embd.weight') return 'model.embed_tokens.weight';
    if (ggufName === 'output_norm.weight') return 'model.norm.weight';
    if (ggufName === 'output.weight') return 'lm_head.weight';
    const [, layer, part = ''] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(ggufName) ?? [];
    const name = layerNames[part];
    if (name === undefined) throw new Error(`${ggufName} has no name in Hugging Face's form`);
    return `model.layers.${layer}.${name}.weight`;
  };
}

function number(file: GgufFile, key: string): number | undefined {
  return metadataNumber(file.metadata, key);
}

/** A 32-bit float as people write it, such as 1e-5 instead of 0.000009999999747. */
function shortest(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(7));
}

export const llamaParts: WrittenBackFamily = {
  nameOf: namesOf({ ffn_norm: 'post_attention_layernorm' }),
  config: (file) => ({
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    num_hidden_layers: number(file, 'llama.block_count'),
    max_position_embeddings: number(file, 'llama.context_length'),
    hidden_size: number(file, 'llama.embedding_length'),
    intermediate_size: number(file, 'llama.feed_forward_length'),
    num_attention_heads: number(file, 'llama.attention.head_count'),
    num_key_value_heads: number(file, 'llama.attention.head_count_kv'),
    rope_theta: number(file, 'llama.rope.freq_base'),
    rms_norm_eps: shortest(number(file, 'llama.attention.layer_norm_rms_epsilon')),
    vocab_size: number(file, 'llama.vocab_size'),
    bos_token_id: number(file, 'tokenizer.ggml.bos_token_id'),
    eos_token_id: number(file, 'tokenizer.ggml.eos_token_id'),
    pad_token_id: number(file, 'tokenizer.ggml.padding_token_id'),
    tie_word_embeddings: !file.tensors.some(({ name }) => name === 'output.weight'),
    torch_dtype: 'bfloat16',
  }),
  valuesOf: (tensor, bytes, numberOf) => {
    if (/attn_q\.weight$/.test(tensor.name))
      return inHalves(tensor, bytes, numberOf('llama.attention.head_count'));
    if (/attn_k\.weight$/.test(tensor.name))
      return inHalves(tensor, bytes, numberOf('llama.attention.head_count_kv'));
    return bytes;
  },
};

export const gemmaParts: WrittenBackFamily = {
  nameOf: namesOf({
    post_attention_norm: 'post_attention_layernorm',
    ffn_norm: 'pre_feedforward_layernorm',
    post_ffw_norm: 'post_feedforward_layernorm',
  }),
  config: (file) => ({
    architectures: ['Gemma3ForCausalLM'],
    model_type: 'gemma3_text',
    hidden_activation: 'gelu_pytorch_tanh',
    num_hidden_layers: number(file, 'gemma3.block_count'),
    max_position_embeddings: number(file, 'gemma3.context_length'),
    hidden_size: number(file, 'gemma3.embedding_length'),
    intermediate_size: number(file, 'gemma3.feed_forward_length'),
    num_attention_heads: number(file, 'gemma3.attention.head_count'),
    num_key_value_heads: number(file, 'gemma3.attention.head_count_kv'),
    head_dim: number(file, 'gemma3.attention.key_length'),
    query_pre_attn_scalar: number(file, 'gemma3.attention.key_length'),
    sliding_window: number(file, 'gemma3.attention.sliding_window'),
    sliding_window_pattern: 6,
    rope_theta: number(file, 'gemma3.rope.freq_base'),
    rope_local_base_freq: 10_000,
    rms_norm_eps: shortest(number(file, 'gemma3.attention.layer_norm_rms_epsilon')),
    vocab_size: file.tensors.find(({ name }) => name === 'token_embd.weight')?.shape[1],
    bos_token_id: number(file, 'tokenizer.ggml.bos_token_id'),
    eos_token_id: number(file, 'tokenizer.ggml.eos_token_id'),
    pad_token_id: number(file, 'tokenizer.ggml.padding_token_id'),
    unk_token_id: number(file, 'tokenizer.ggml.unknown_token_id'),
    torch_dtype: 'bfloat16',
  }),
  valuesOf: ({ name }, bytes) => (name.endsWith('norm.weight') ? lessOne(bytes) : bytes),
};

/** Rows of a head that take turns (0, 32, 1, 33, ...) in their first order (0, 1, 2, ...). */
function inHalves({ shape }: GgufTensor, bytes: Uint8Array, heads: number): Uint8Array {
  const rows = shape[1] ?? 0;
  const rowBytes = bytes.length / rows;
  const half = rows / heads / 2;
  const result = new Uint8Array(bytes.length);
  for (let from = 0; from < rows; from++) {
    const [head, place] = [Math.floor(from / (2 * half)), from % (2 * half)];
    const to = head * 2 * half + (place % 2) * half + Math.floor(place / 2);
    result.set(bytes.subarray(from * rowBytes, (from + 1) * rowBytes), to * rowBytes);
  }
  return result;
}

/** Gemma's norms multiply with 1 + weight, which the GGUF file holds as one 32-bit number. */
function lessOne(bytes: Uint8Array): Uint8Array {
  const values = new Float32Array(bytes.slice().buffer);
  return new Uint8Array(values.map((value) => value - 1).buffer);
}
