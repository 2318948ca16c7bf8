// Writes a folder of safetensors as Hugging Face holds them: a model of the shape of Llama with random weights in BF16.
import { closeSync, copyFileSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const VOCABULARY = 32_000;
const HIDDEN = 1024;
const INNER = 2816;
const HEADS = 16;
const KEY_HEADS = 4;
/** Bytes of random numbers, from which each tensor takes other ones. */
const POOL_BYTES = 16 * 1024 * 1024;

/** Tensors in the order of the file. */
function tensorsOf(layers) {
  const tensors = [['model.embed_tokens.weight', [VOCABULARY, HIDDEN]]];
  const keyRows = (HIDDEN / HEADS) * KEY_HEADS;
  for (let layer = 0; layer < layers; layer += 1) {
    const add = (name, shape) => tensors.push([`model.layers.${layer}.${name}.weight`, shape]);
    add('input_layernorm', [HIDDEN]);
    add('post_attention_layernorm', [HIDDEN]);
    add('self_attn.q_proj', [HIDDEN, HIDDEN]);
    add('self_attn.k_proj', [keyRows, HIDDEN]);
    add('self_attn.v_proj', [keyRows, HIDDEN]);
    add('self_attn.o_proj', [HIDDEN, HIDDEN]);
    add('mlp.gate_proj', [INNER, HIDDEN]);
    add('mlp.up_proj', [INNER, HIDDEN]);
    add('mlp.down_proj', [HIDDEN, INNER]);
  }
  tensors.push(['model.norm.weight', [HIDDEN]], ['lm_head.weight', [VOCABULARY, HIDDEN]]);
  return tensors;
}

/** BF16 numbers between about -0.1 and 0.1, the same each time. */
function randomPool() {
  const words = new Uint16Array(POOL_BYTES / 2);
  let state = 1;
  const wide = new Float32Array(1);
  const bits = new Uint32Array(wide.buffer);
  for (let index = 0; index < words.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    wide[0] = (state / 2 ** 32 - 0.5) / 5;
    words[index] = bits[0] >>> 16;
  }
  return new Uint8Array(words.buffer);
}

/**
 * @param folder an empty folder
 * @param layers each has 11.3 million weights, beside 65.5 million of all models
 * @returns the files, as a client names them, and the bytes of the weights
 */
export function writeRandomFolder(folder, layers) {
  const tensors = tensorsOf(layers);
  const header = {};
  let offset = 0;
  for (const [name, shape] of tensors) {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = openSync(join(folder, 'model.safetensors'), 'w');
  writeSync(file, Buffer.concat([length, text]));
  const pool = randomPool();
  for (let done = 0; done < offset; ) {
    const from = ((done * 7) % pool.length) & ~1;
    done += writeSync(file, pool.subarray(from, from + Math.min(pool.length - from, offset - done)));
  }
  closeSync(file);
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: HIDDEN,
    intermediate_size: INNER,
    num_hidden_layers: layers,
    num_attention_heads: HEADS,
    num_key_value_heads: KEY_HEADS,
    vocab_size: VOCABULARY,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  copyFileSync(
    join(root, 'test/fixtures/import/tokenizers/sentence-piece.model'),
    join(folder, 'tokenizer.model'),
  );
  const names = ['config.json', 'model.safetensors', 'tokenizer.model'];
  return { files: names.map((name) => ({ name, path: join(folder, name) })), bytes: offset };
}
