import type { ByteCursor } from '../byte-cursor.ts';
import { invalidGguf, quote } from '../errors.ts';
import { limits } from '../limits.ts';
import { type TensorType, tensorType } from '../tensor-types.ts';
import type { GgufTensor } from '../types.ts';
import { readText } from './read-text.ts';

/**
 * Reads the tensor table.
 * @throws OllamaError `invalid-request` for an invalid tensor
 */
export async function readTensors(cursor: ByteCursor, count: number): Promise<GgufTensor[]> {
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (let index = 0; index < count; index++) {
    const tensor = await readTensor(cursor);
    if (names.has(tensor.name)) throw invalidGguf(`two tensors are named ${quote(tensor.name)}`);
    names.add(tensor.name);
    tensors.push(tensor);
  }
  return tensors;
}

/**
 * Checks that the tensors follow each other without gap or overlap, as the engine requires, and end within the file.
 * @param available bytes of the data section
 * @throws OllamaError `invalid-request`
 */
export function checkLayout(tensors: readonly GgufTensor[], alignment: number, available: number): void {
  let expected = 0;
  for (const { name, offset, byteSize } of tensors) {
    if (offset !== expected) {
      throw invalidGguf(`tensor ${quote(name)} starts at byte ${offset} of the data, expected ${expected}`);
    }
    const end = offset + byteSize;
    if (end > available) {
      throw invalidGguf(`tensor ${quote(name)} ends ${end - available} bytes past the end of the file`);
    }
    expected = alignUp(end, alignment);
  }
}

export function alignUp(position: number, alignment: number): number {
  return Math.ceil(position / alignment) * alignment;
}

async function readTensor(cursor: ByteCursor): Promise<GgufTensor> {
  const name = await readText(cursor, limits.tensorNameBytes, 'the name of a tensor');
  const shape = await readShape(cursor, name);
  await cursor.ensure(12);
  const number = cursor.u32();
  const type = tensorType(number);
  if (!type)
    throw invalidGguf(`tensor ${quote(name)} has type ${number}, which is unknown or was removed from ggml`);
  const offset = cursor.u64();
  return { name, shape, type: number, typeName: type.name, offset, byteSize: byteSizeOf(name, shape, type) };
}

async function readShape(cursor: ByteCursor, name: string): Promise<number[]> {
  await cursor.ensure(4);
  const dimensions = cursor.u32();
  if (dimensions > limits.dimensions) {
    throw invalidGguf(`tensor ${quote(name)} has ${dimensions} dimensions, more than ${limits.dimensions}`);
  }
  await cursor.ensure(8 * dimensions);
  return Array.from({ length: dimensions }, () => cursor.u64());
}

function byteSizeOf(name: string, shape: readonly number[], type: TensorType): number {
  if (shape.includes(0)) throw invalidGguf(`tensor ${quote(name)} has a dimension of 0`);
  // A product of whole numbers is either exact or not a safe integer, so one check at the end finds every overflow.
  const elements = shape.reduce((product, length) => product * length, 1);
  const bytes = (elements / type.elements) * type.bytes;
  if (!Number.isSafeInteger(elements) || bytes > Number.MAX_SAFE_INTEGER) {
    throw invalidGguf(`tensor ${quote(name)} is too large`);
  }
  if ((shape[0] ?? 1) % type.elements !== 0) {
    throw invalidGguf(
      `tensor ${quote(name)} has a row length that is not a multiple of ${type.elements}, the block size of ${type.name}`,
    );
  }
  return bytes;
}
