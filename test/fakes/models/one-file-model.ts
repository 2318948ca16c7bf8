import { readFile } from 'node:fs/promises';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import type { GgufFile, GgufScalar, GgufValue } from '../../../src/gguf/types.ts';
import { listOf, type TensorContent, writeGguf } from '../../../src/gguf/writer.ts';

const F32 = 0;
const ENCODER_WIDTH = 4;

const u32 = (value: number): GgufValue => ({ type: 'u32', value });

/** A tensor of an encoder, of a size that makes what follows it lie elsewhere. */
function encoderTensor(name: string, ...shape: number[]): TensorContent {
  const elements = shape.reduce((product, length) => product * length, 1);
  return { name, shape, type: F32, data: new Uint8Array(elements * Float32Array.BYTES_PER_ELEMENT).fill(7) };
}

/**
 * Writes a Gemma 3 as Ollama's converter does: its encoder in the same file, rotation bases under other names, and words in
 * the vocabulary that the table lacks.
 * @param source a Gemma 3 as llama.cpp reads it
 * @param encoder a file with only the encoder (`writeOneFileProjector`); absent = one that computes nothing of use
 */
export async function writeOneFileGemma3(source: string, target: string, encoder?: string): Promise<void> {
  const file = await readGgufFile(source, { arrays: 'keep' });
  const bytes = await readFile(source);
  const metadata = Object.fromEntries(file.metadata);
  const longer: Readonly<Record<string, GgufScalar>> = {
    tokens: '<image_soft_token>',
    scores: 0,
    token_type: 3,
  };
  for (const [name, further] of Object.entries(longer)) {
    const key = `tokenizer.ggml.${name}`;
    const list = metadata[key];
    if (list?.type !== 'array') throw new Error(`${key} is not a list`);
    metadata[key] = listOf(list.value.elementType, [...(list.value.values ?? []), further]);
  }
  const [table, ...blocks] = contents(file, bytes);
  const vision = encoder === undefined ? uselessEncoder : await encoderOf(encoder);
  const half = Math.ceil(vision.tensors.length / 2);
  await writeGguf(target, {
    metadata: {
      ...metadata,
      'gemma3.rope.global.freq_base': { type: 'f32', value: 10_000 },
      'gemma3.rope.local.freq_base': { type: 'f32', value: 10_000 },
      ...vision.keys,
    },
    tensors: [
      ...vision.tensors.slice(0, half),
      ...(table ? [table] : []),
      ...vision.tensors.slice(half),
      ...blocks,
    ],
  });
}

interface Encoder {
  readonly keys: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly TensorContent[];
}

const uselessEncoder: Encoder = {
  keys: { 'gemma3.vision.block_count': u32(1), 'gemma3.vision.embedding_length': u32(ENCODER_WIDTH) },
  tensors: [
    encoderTensor('mm.mm_input_projection.weight', 32, ENCODER_WIDTH),
    encoderTensor('v.blk.0.attn_q.weight', ENCODER_WIDTH, 3),
    encoderTensor('v.patch_embedding.weight', 2, 2, 3, ENCODER_WIDTH),
  ],
};

async function encoderOf(path: string): Promise<Encoder> {
  const file = await readGgufFile(path, { arrays: 'keep' });
  const keys = [...file.metadata].filter(([key]) => key.startsWith('gemma3.vision.'));
  return { keys: Object.fromEntries(keys), tensors: contents(file, await readFile(path)) };
}

function contents({ tensors, dataOffset }: GgufFile, bytes: Uint8Array): TensorContent[] {
  return tensors.map(({ name, shape, type, offset, byteSize }) => {
    const start = dataOffset + offset;
    return { name, shape, type, data: bytes.subarray(start, start + byteSize) };
  });
}
