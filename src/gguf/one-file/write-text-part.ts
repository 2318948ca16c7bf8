import type { FileHandle } from 'node:fs/promises';
import { throwIfCanceled } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import { invalidGguf } from '../errors.ts';
import type { ProjectorTensor } from '../projector/projector-view.ts';
import type { GgufFile } from '../types.ts';
import { encodeGgufStart } from '../writer.ts';
import type { TextPart } from './text-part.ts';

/** Bytes copied at once, and between two checks of the cancel signal. */
const CHUNK_BYTES = 4 * MIB;

/** Bytes of the data of a part, each tensor padded to the alignment. */
export function textDataBytes({ tensors }: TextPart, alignment: number): number {
  return tensors.reduce((total, { byteSize }) => total + Math.ceil(byteSize / alignment) * alignment, 0);
}

/**
 * Yields the bytes of a model file with only the language model.
 * @param source where the bytes of the tensors are
 * @param file its header, parsed with `arrays: 'keep'`
 * @throws OllamaError `invalid-request` when the source has become shorter, `canceled`
 */
export async function* textPartBytes(
  source: string,
  { littleEndian, alignment }: Pick<GgufFile, 'littleEndian' | 'alignment'>,
  { metadata, tensors }: TextPart,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  yield encodeGgufStart({ metadata, tensors, littleEndian });
  const handle = await openRegularFile(source);
  try {
    for (const tensor of tensors) {
      yield* tensorBytes(handle, tensor, signal);
      const missing = (alignment - (tensor.byteSize % alignment)) % alignment;
      if (missing > 0) yield new Uint8Array(missing);
    }
  } finally {
    await handle.close();
  }
}

/** Gathers small ranges in one chunk, because an expert's row may have a few hundred bytes. */
async function* tensorBytes(
  handle: FileHandle,
  { ranges }: ProjectorTensor,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  for (const { start, bytes } of ranges) {
    for (let done = 0; done < bytes; ) {
      const length = Math.min(bytes - done, CHUNK_BYTES - filled);
      await readExactly(handle, chunk.subarray(filled, filled + length), start + done);
      done += length;
      filled += length;
      if (filled < CHUNK_BYTES) continue;
      throwIfCanceled(signal);
      yield chunk;
      chunk = new Uint8Array(CHUNK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

async function readExactly(handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < target.length; ) {
    const rest = target.length - filled;
    const { bytesRead } = await handle.read(target, filled, rest, position + filled);
    if (bytesRead === 0) throw invalidGguf('the file became shorter while it was being read');
    filled += bytesRead;
  }
}
