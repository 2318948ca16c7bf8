import { readFile } from 'node:fs/promises';

export interface Safetensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/** All 32-bit tensors of a file (format: https://github.com/huggingface/safetensors); others are left out. */
export async function readSafetensors(path: string): Promise<Map<string, Safetensor>> {
  const bytes = await readFile(path);
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header: Record<string, Entry> = JSON.parse(bytes.toString('utf8', 8, headerEnd));
  const tensors = new Map<string, Safetensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (dtype !== 'F32') continue;
    const [start, end] = data_offsets;
    const values = new Float32Array(
      Uint8Array.from(bytes.subarray(headerEnd + start, headerEnd + end)).buffer,
    );
    tensors.set(name, { shape, values });
  }
  return tensors;
}
