// Encoders of pictures with random weights, for benchmarks.
import { randomBytes } from 'node:crypto';

const PATCH = 14;
const HEAD = 72;
const F32 = 0;
const F16 = 1;

/** Random bytes would contain NaN; numbers between 1/64 and 1/32 of both signs do not. */
function randomHalves(elements) {
  const words = new Uint16Array(randomBytes(elements * 2).buffer.slice(0, elements * 2));
  return new Uint8Array(words.map((word) => (word & 0x83ff) | 0x2400).buffer);
}

function tensor(name, shape, type = F16) {
  const elements = shape.reduce((product, length) => product * length, 1);
  const data =
    type === F16 ? randomHalves(elements) : new Uint8Array(new Float32Array(elements).fill(0.5).buffer);
  return { name, shape, type, data };
}

/**
 * A SigLIP encoder with Gemma 3's or SmolVLM's projector.
 * @param listOf makes a list of values for a GGUF file (gguf/writer)
 * @param options `type` = "gemma3" or "idefics3", `size` = pixels of a side, `width` = values of a patch, a multiple of 72,
 * `rowWidth` = values of a row
 * @returns metadata and tensors for `writeGguf`
 */
export function randomEncoder(listOf, { type, size, blocks, width, rowWidth }) {
  const u32 = (value) => ({ type: 'u32', value });
  const text = (value) => ({ type: 'string', value });
  const vector = (name, length = width) => tensor(name, [length], F32);
  const matrix = (name, inputs, outputs) => [
    tensor(`${name}.weight`, [inputs, outputs]),
    vector(`${name}.bias`, outputs),
  ];
  const norm = (name) => [vector(`${name}.weight`), vector(`${name}.bias`)];
  const patches = Math.floor(size / PATCH) ** 2;
  const feedForward = Math.round((width * 3.737) / 32) * 32;
  const block = (index) => [
    ...['attn_q', 'attn_k', 'attn_v', 'attn_out'].flatMap((part) =>
      matrix(`v.blk.${index}.${part}`, width, width),
    ),
    ...matrix(`v.blk.${index}.ffn_up`, width, feedForward),
    ...matrix(`v.blk.${index}.ffn_down`, feedForward, width),
    ...norm(`v.blk.${index}.ln1`),
    ...norm(`v.blk.${index}.ln2`),
  ];
  const projectors = {
    gemma3: [tensor('mm.input_projection.weight', [rowWidth, width]), vector('mm.soft_emb_norm.weight')],
    idefics3: [tensor('mm.model.fc.weight', [width * 16, rowWidth])],
  };
  return {
    metadata: {
      'general.architecture': text('clip'),
      'clip.has_vision_encoder': { type: 'bool', value: true },
      'clip.projector_type': text(type),
      'clip.use_gelu': { type: 'bool', value: true },
      'clip.vision.image_size': u32(size),
      'clip.vision.patch_size': u32(PATCH),
      'clip.vision.embedding_length': u32(width),
      'clip.vision.feed_forward_length': u32(feedForward),
      'clip.vision.projection_dim': u32(rowWidth),
      'clip.vision.block_count': u32(blocks),
      'clip.vision.attention.head_count': u32(width / HEAD),
      'clip.vision.projector.scale_factor': u32(4),
      'clip.vision.attention.layer_norm_epsilon': { type: 'f32', value: 1e-6 },
      'clip.vision.image_mean': listOf('f32', [0.5, 0.5, 0.5]),
      'clip.vision.image_std': listOf('f32', [0.5, 0.5, 0.5]),
    },
    tensors: [
      tensor('v.patch_embd.weight', [PATCH, PATCH, 3, width]),
      vector('v.patch_embd.bias'),
      tensor('v.position_embd.weight', [width, patches], F32),
      ...norm('v.post_ln'),
      ...Array.from({ length: blocks }, (_, index) => block(index)).flat(),
      ...projectors[type],
    ],
  };
}
