/** Writes base models, and adapters of PEFT and mlx-lm, for tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../../../src/convert/source-file.ts';
import { encodeGguf } from '../../../src/gguf/writer.ts';
import { type TensorBytes, writeSafetensors } from './safetensors-file.ts';

/** Sizes of the models that `writeBaseModel` writes. */
export const sizes = {
  embedding: 32,
  heads: 4,
  keyValueHeads: 2,
  headSize: 8,
  feedForward: 48,
  vocabulary: 40,
  layers: 2,
};

export interface BaseOptions {
  readonly architecture?: string;
  readonly experts?: number;
  /** Whether the output has a matrix of its own; true unless given. */
  readonly hasOutput?: boolean;
}

/** A model whose weights are all zero: adapters only look at names and sizes. */
export function writeBaseModel(path: string, options: BaseOptions = {}): void {
  const { architecture = 'llama', experts = 0, hasOutput = true } = options;
  const { embedding, heads, keyValueHeads, headSize, feedForward, vocabulary, layers } = sizes;
  const tensor = (name: string, ...shape: number[]) => ({
    name,
    shape,
    type: 0,
    data: new Uint8Array(4 * shape.reduce((product, size) => product * size, 1)),
  });
  const u32 = (value: number) => ({ type: 'u32', value }) as const;
  const layer = (at: number) => {
    const stacked = experts > 0 ? [experts] : [];
    const kind = experts > 0 ? '_exps' : '';
    return [
      tensor(`blk.${at}.attn_norm.weight`, embedding),
      tensor(`blk.${at}.attn_q.weight`, embedding, heads * headSize),
      tensor(`blk.${at}.attn_k.weight`, embedding, keyValueHeads * headSize),
      tensor(`blk.${at}.attn_v.weight`, embedding, keyValueHeads * headSize),
      tensor(`blk.${at}.attn_output.weight`, heads * headSize, embedding),
      tensor(`blk.${at}.ffn_gate${kind}.weight`, embedding, feedForward, ...stacked),
      tensor(`blk.${at}.ffn_up${kind}.weight`, embedding, feedForward, ...stacked),
      tensor(`blk.${at}.ffn_down${kind}.weight`, feedForward, embedding, ...stacked),
    ];
  };
  const file = encodeGguf({
    metadata: {
      'general.architecture': { type: 'string', value: architecture },
      [`${architecture}.block_count`]: u32(layers),
      [`${architecture}.embedding_length`]: u32(embedding),
      [`${architecture}.attention.head_count`]: u32(heads),
      [`${architecture}.attention.head_count_kv`]: u32(keyValueHeads),
      ...(experts > 0 && { [`${architecture}.expert_count`]: u32(experts) }),
    },
    tensors: [
      tensor('token_embd.weight', embedding, vocabulary),
      ...(hasOutput ? [tensor('output.weight', embedding, vocabulary)] : []),
      ...Array.from({ length: layers }, (_, at) => layer(at)).flat(),
    ],
  });
  writeFileSync(path, file);
}

/** Values that differ in each place, and are exact in 16 bits as well. */
export function factor(name: string, shape: readonly number[]): TensorBytes {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from(
    { length: count },
    (_, index) => (((index * 37 + name.length) % 61) - 30) / 64,
  );
  return { name, type: 'F32', shape, bytes: new Uint8Array(values.buffer) };
}

/** The two factors of a module as PEFT names them. */
export function peftPair(
  module: string,
  rank: number,
  [outputs, inputs]: readonly [number, number],
): TensorBytes[] {
  return [
    factor(`base_model.model.${module}.lora_A.weight`, [rank, inputs]),
    factor(`base_model.model.${module}.lora_B.weight`, [outputs, rank]),
  ];
}

/** The two factors of a module as mlx-lm has them. */
export function mlxPair(
  module: string,
  rank: number,
  [outputs, inputs]: readonly [number, number],
): TensorBytes[] {
  return [factor(`${module}.lora_a`, [inputs, rank]), factor(`${module}.lora_b`, [rank, outputs])];
}

/** @returns the files as the import gets them */
export function writeAdapter(
  folder: string,
  config: unknown,
  tensors: readonly TensorBytes[],
  weights = 'adapter_model.safetensors',
): SourceFile[] {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'adapter_config.json'),
    typeof config === 'string' ? config : JSON.stringify(config),
  );
  writeSafetensors(join(folder, weights), tensors);
  return ['adapter_config.json', weights].map((name) => ({ name, path: join(folder, name) }));
}
