import type { GgufValue } from '../../../src/gguf/types.ts';
import { encodeGguf, listOf } from '../../../src/gguf/writer.ts';

type Extra = Readonly<Record<string, GgufValue>>;

const text = (value: string): GgufValue => ({ type: 'string', value });
const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const F32 = 0;

/** A well-formed GGUF file of a few hundred bytes: metadata of a model and one tensor. An engine cannot run it. */
export function smallModel(extra: Extra = {}, architecture = 'llama'): Uint8Array {
  return encode({
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
  });
}

export function smallBigEndianModel(): Uint8Array {
  return encode({ 'general.architecture': text('llama') }, false);
}

export function smallAdapter(architecture = 'llama'): Uint8Array {
  return encode({ 'general.architecture': text(architecture), 'general.type': text('adapter') });
}

export function smallProjector(): Uint8Array {
  return encode({
    'general.architecture': text('clip'),
    'general.type': text('mmproj'),
    'clip.has_vision_encoder': { type: 'bool', value: true },
  });
}

function encode(metadata: Extra, littleEndian = true): Uint8Array {
  const data = new Uint8Array(Float32Array.from({ length: 64 }, (_, index) => index).buffer);
  return encodeGguf({
    metadata,
    tensors: [{ name: 'output_norm.weight', shape: [64], type: F32, data }],
    littleEndian,
  });
}
