import type { GgufValue } from '../../../src/gguf/types.ts';
import { encodeGguf, listOf } from '../../../src/gguf/writer.ts';

type Extra = Readonly<Record<string, GgufValue>>;

const text = (value: string): GgufValue => ({ type: 'string', value });
const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const F32 = 0;

/**
 * A well-formed GGUF file of a few hundred bytes: metadata of a model and one tensor. An engine cannot run it.
 * @param tensors names of further tensors
 */
export function smallModel(
  extra: Extra = {},
  architecture = 'llama',
  tensors: readonly string[] = [],
): Uint8Array {
  const metadata = {
    'general.architecture': text(architecture),
    'general.name': text('Small'),
    'general.file_type': u32(0),
    [`${architecture}.context_length`]: u32(2048),
    [`${architecture}.embedding_length`]: u32(64),
    [`${architecture}.block_count`]: u32(2),
    [`${architecture}.attention.head_count`]: u32(4),
    'tokenizer.ggml.tokens': listOf('string', ['<unk>', '<s>', '</s>', 'a', 'b', 'c']),
    'tokenizer.chat_template': text('{{ messages }}'),
    ...extra,
  };
  return encode(metadata, true, tensors);
}

export function smallBigEndianModel(): Uint8Array {
  return encode({ 'general.architecture': text('llama') }, false);
}

export function smallAdapter(architecture = 'llama'): Uint8Array {
  return encode({ 'general.architecture': text(architecture), 'general.type': text('adapter') });
}

/** The header of a projector whose numbers are plausible. */
export function smallProjector(extra: Extra = {}): Uint8Array {
  return encode({
    'general.architecture': text('clip'),
    'general.type': text('mmproj'),
    'clip.has_vision_encoder': { type: 'bool', value: true },
    'clip.vision.projector_type': text('gemma3'),
    'clip.use_gelu': { type: 'bool', value: true },
    'clip.vision.image_size': u32(56),
    'clip.vision.patch_size': u32(14),
    'clip.vision.embedding_length': u32(32),
    'clip.vision.feed_forward_length': u32(64),
    'clip.vision.block_count': u32(2),
    'clip.vision.attention.head_count': u32(2),
    'clip.vision.attention.layer_norm_epsilon': { type: 'f32', value: 1e-6 },
    'clip.vision.projection_dim': u32(64),
    'clip.vision.image_mean': listOf('f32', [0.5, 0.5, 0.5]),
    'clip.vision.image_std': listOf('f32', [0.5, 0.5, 0.5]),
    ...extra,
  });
}

function encode(metadata: Extra, littleEndian = true, further: readonly string[] = []): Uint8Array {
  const data = new Uint8Array(Float32Array.from({ length: 64 }, (_, index) => index).buffer);
  return encodeGguf({
    metadata,
    tensors: ['output_norm.weight', ...further].map((name) => ({ name, shape: [64], type: F32, data })),
    littleEndian,
  });
}
