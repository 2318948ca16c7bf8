/** Writes small safetensors files for tests. */
import { writeFileSync } from 'node:fs';
import type { SafeType } from '../../../src/convert/safetensors/safe-tensor.ts';

export interface TensorBytes {
  readonly name: string;
  readonly type: SafeType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Encodes a file from the text of its header and its data. */
export function encodeSafetensors(header: string | Uint8Array, data: Uint8Array): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

/** Encodes tensors one after the other, in the order given. */
export function safetensorsOf(tensors: readonly TensorBytes[]): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, type, shape, bytes } of tensors) {
    header[name] = { dtype: type, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  return encodeSafetensors(JSON.stringify(header), Buffer.concat(tensors.map(({ bytes }) => bytes)));
}

export function writeSafetensors(path: string, tensors: readonly TensorBytes[]): void {
  writeFileSync(path, safetensorsOf(tensors));
}
