import { type TensorContent, writeGguf } from '../../../src/gguf/writer.ts';

export interface RandomAdapterOptions {
  /** Another seed gives another adapter. */
  readonly seed?: number;
  /** Number of layers in the model that the adapter is for. */
  readonly layers?: number;
  readonly embedding?: number;
  readonly architecture?: string;
}

const F32 = 0;
const RANK = 4;

/** Writes a LoRA that changes the queries and the output of every layer of a `writeRandomModel` model. */
export async function writeRandomAdapter(path: string, options: RandomAdapterOptions = {}): Promise<void> {
  const { seed = 1, layers = 2, embedding = 32, architecture = 'llama' } = options;
  const factor = (name: string, shape: readonly [number, number]): TensorContent => {
    const values = Float32Array.from({ length: shape[0] * shape[1] }, (_, index) =>
      Math.sin((index + 1) * (seed + 0.37) + name.length),
    );
    return { name, shape: [...shape], type: F32, data: new Uint8Array(values.buffer) };
  };
  const pair = (name: string) => [
    factor(`${name}.lora_a`, [embedding, RANK]),
    factor(`${name}.lora_b`, [RANK, embedding]),
  ];
  await writeGguf(path, {
    metadata: {
      'general.architecture': { type: 'string', value: architecture },
      'general.type': { type: 'string', value: 'adapter' },
      'adapter.type': { type: 'string', value: 'lora' },
      'adapter.lora.alpha': { type: 'f32', value: 1 },
    },
    tensors: Array.from({ length: layers }, (_, layer) => [
      ...pair(`blk.${layer}.attn_q.weight`),
      ...pair(`blk.${layer}.attn_output.weight`),
    ]).flat(),
  });
}
