/** Keeps the experts of some layers in the system's memory while GPUs hold everything else. */
import type { Bindings, Pointer } from './bindings.ts';
import { allocatePointers, allocateUint8 } from './native-memory.ts';

/** A pattern, a type of buffer, and the same again as null pointers, which end the list. */
const POINTERS = 4;

/**
 * A list of `llama_model_tensor_buft_override`. llama.cpp compares the pattern, a regular expression of C++, with the names
 * of all tensors while it loads; the list is kept for the lifetime of the process.
 * @param layers number of first layers whose experts stay in the system's memory, at least 1
 */
export function expertOverrides(bindings: Pick<Bindings, 'cpuBufferType'>, layers: number): Pointer {
  const text = Buffer.from(`${expertPattern(layers)}\0`);
  const pattern = allocateUint8(text.length);
  pattern.view.set(text);
  const list = allocatePointers(POINTERS);
  list.view.set([pattern.pointer, bindings.cpuBufferType(), 0n, 0n]);
  return list.pointer;
}

/** The names that llama.cpp's own option "n-cpu-moe" covers: matrices and biases of experts, also those in chunks. */
export function expertPattern(layers: number): string {
  const numbers = Array.from({ length: layers }, (_, index) => index).join('|');
  return `^blk\\.(${numbers})\\.ffn_(up|down|gate|gate_up)_(ch)?exps\\.`;
}
