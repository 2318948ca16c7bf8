import type { FileHandle } from 'node:fs/promises';
import { OllamaError } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { refusePointer } from '../refuse-pointer.ts';
import type { SourceFile } from '../source-file.ts';
import { safetensorsLimits as limits } from './limits.ts';
import { parseSafetensorsHeader } from './parse-header.ts';
import type { SafeTensor } from './safe-tensor.ts';

/** The file begins with the length of its header (u64, little-endian). */
const LENGTH_BYTES = 8;
/** Enough for the length, and to tell what stands in place of the file. */
const START_BYTES = 64;

/**
 * Reads the header of a safetensors file, and nothing behind it (https://github.com/huggingface/safetensors#format).
 * @returns the tensors in the order of their names, as llama.cpp's converter reads them
 * @throws OllamaError `invalid-request` naming the file and what is wrong with it
 */
export async function readSafetensorsHeader(file: SourceFile): Promise<SafeTensor[]> {
  const handle = await openRegularFile(file.path);
  try {
    const { size } = await handle.stat();
    const start = await readBytes(handle, 0, Math.min(size, START_BYTES));
    const headerBytes = headerLength(file.name, start, size);
    const header = await readBytes(handle, LENGTH_BYTES, headerBytes);
    const dataStart = LENGTH_BYTES + headerBytes;
    return parseSafetensorsHeader(file, header, { dataStart, dataBytes: size - dataStart });
  } finally {
    await handle.close();
  }
}

function headerLength(name: string, start: Buffer, fileSize: number): number {
  refusePointer(name, start);
  if (start.length < LENGTH_BYTES) throw damaged(name, 'is not a safetensors file: it is too short');
  const length = start.readBigUInt64LE();
  if (length > limits.headerBytes)
    throw damaged(
      name,
      `is not a safetensors file, or its header is larger than ${limits.headerBytes} bytes`,
    );
  if (LENGTH_BYTES + Number(length) > fileSize)
    throw damaged(name, 'ends within its header: download it again');
  return Number(length);
}

function damaged(name: string, what: string): OllamaError {
  return new OllamaError('invalid-request', `${JSON.stringify(name)} ${what}`);
}

/** Reads up to `length` bytes; fewer if the file ends. */
async function readBytes(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, start + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}
