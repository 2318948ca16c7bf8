import { OllamaError } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import type { SourceTensor } from '../families/family.ts';
import { safeTypes } from '../safetensors/safe-tensor.ts';

/** Biases have a value for each row: a few kilobytes. */
const MAX_BYTES = MIB;

/**
 * Reads tensors that may be left out if they hold nothing but zeros.
 * @throws OllamaError `invalid-request` naming the first one that does not
 */
export async function checkZeros(tensors: readonly SourceTensor[]): Promise<void> {
  for (const tensor of tensors) {
    if (await isZero(tensor)) continue;
    throw new OllamaError(
      'invalid-request',
      `tensor "${tensor.name}" is not zero, and the engine would not use it`,
    );
  }
}

async function isZero({ data, type, shape }: SourceTensor): Promise<boolean> {
  const size = shape.reduce((product, length) => product * length, safeTypes[type]);
  if (data.kind !== 'source' || size > MAX_BYTES) return false;
  const bytes = Buffer.alloc(size);
  const file = await openRegularFile(data.tensor.path);
  try {
    const { bytesRead } = await file.read(bytes, 0, size, data.tensor.start);
    return bytesRead === size && bytes.every((byte) => byte === 0);
  } finally {
    await file.close();
  }
}
