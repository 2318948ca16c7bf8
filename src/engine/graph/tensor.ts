import koffi from 'koffi';
import { OllamaError } from '../../base/errors.ts';
import type { MaybePointer, Pointer } from '../native/bindings.ts';
import { type Ggml, tensorLayout } from './ggml.ts';

/** Elements per dimension, the contiguous one first; ggml has always four. */
export type Shape = readonly [number, number, number, number];

const WORD_BYTES = 8;
const DIMENSIONS = 4;

/** A node of a graph, or a leaf: ggml's tensor, whose shape is read from its memory when somebody asks. */
export class Tensor {
  readonly pointer: Pointer;
  readonly #words: BigInt64Array;
  #shape: Shape | undefined;

  /** @param words the memory of the `ggml_tensor` itself */
  constructor(pointer: Pointer, words: BigInt64Array) {
    this.pointer = pointer;
    this.#words = words;
  }

  get shape(): Shape {
    this.#shape ??= this.#fourAt(tensorLayout.lengthsAt);
    return this.#shape;
  }

  /** Bytes from one element to the next along each dimension. */
  get strides(): Shape {
    return this.#fourAt(tensorLayout.stridesAt);
  }

  /** `ggml_type` number. */
  get type(): number {
    return Number(BigInt.asIntN(32, this.#words[0] ?? 0n));
  }

  get elements(): number {
    return this.shape.reduce((product, length) => product * length, 1);
  }

  toString(): string {
    return `[${this.shape.join(', ')}]`;
  }

  #fourAt(bytes: number): Shape {
    const first = bytes / WORD_BYTES;
    const at = (index: number) => Number(this.#words[first + index] ?? 0n);
    return [at(0), at(1), at(2), at(3)];
  }
}

/** Fills a shape up to four dimensions. */
export function shapeOf(lengths: readonly number[]): Shape {
  const at = (index: number) => lengths[index] ?? 1;
  if (lengths.length > DIMENSIONS)
    throw new OllamaError('load-failed', `a tensor of ${lengths.length} dimensions: more than ${DIMENSIONS}`);
  return [at(0), at(1), at(2), at(3)];
}

/**
 * A ggml context that holds the descriptions of tensors and graphs, never their data. Its memory is bounded, and ggml
 * would return null where it is full, so the number of tensors is counted.
 */
export class TensorMemory {
  readonly context: Pointer;
  readonly #ggml: Ggml;
  readonly #base: Pointer;
  readonly #memory: ArrayBuffer;
  readonly #most: number;
  #tensors = 0;

  /**
   * @param most maximum number of tensors
   * @param extraBytes for a graph
   */
  constructor(ggml: Ggml, most: number, extraBytes = 0) {
    const bytes = most * Number(ggml.tensorOverhead()) + extraBytes;
    const context = ggml.init({ mem_size: bytes, mem_buffer: null, no_alloc: true });
    if (context === null) throw new OllamaError('load-failed', `no memory for a graph of ${most} tensors`);
    this.context = context;
    this.#ggml = ggml;
    this.#base = ggml.memoryOf(context);
    this.#memory = koffi.view(this.#base, Number(ggml.memorySize(context)));
    this.#most = most;
  }

  /** Number of tensors made so far. */
  get tensors(): number {
    return this.#tensors;
  }

  /**
   * Calls a function of ggml that makes `count` tensors and returns the last.
   * @throws OllamaError `load-failed` when the memory is full
   */
  make(call: () => MaybePointer, count = 1): Tensor {
    this.#tensors += count;
    if (this.#tensors > this.#most)
      throw new OllamaError('load-failed', `a graph has more than ${this.#most} tensors`);
    const pointer = call();
    if (pointer === null) throw new OllamaError('load-failed', 'ggml made no tensor');
    const offset = Number(pointer - this.#base);
    return new Tensor(pointer, new BigInt64Array(this.#memory, offset, tensorLayout.bytes / WORD_BYTES));
  }

  /** A leaf, which gets its memory from whoever allocates this context. */
  leaf(shape: readonly number[], type: number): Tensor {
    return this.make(() => this.#ggml.newTensor(this.context, type, ...shapeOf(shape)));
  }

  /** Forgets all tensors; the memory stays. */
  reset(): void {
    this.#ggml.reset(this.context);
    this.#tensors = 0;
  }

  free(): void {
    this.#ggml.free(this.context);
  }
}
